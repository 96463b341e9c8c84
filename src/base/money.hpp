#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bazar {

/// ISO 4217: the code and how many decimals its amounts have (USD 2, JPY 0, KWD 3).
struct Currency {
  std::string code = "USD";
  unsigned decimals = 2;
  friend bool operator==(const Currency&, const Currency&) = default;
};

/// Empty if `code` is none that the store knows.
[[nodiscard]] std::optional<Currency> find_currency(std::string_view code);

/// An amount in minor units (cents). Never computed in floating point. 0 … max.
struct Money {
  static constexpr std::int64_t max = 1'000'000'000'000;
  std::int64_t minor = 0;
  friend auto operator<=>(Money, Money) = default;
};

/// What several copies cost together: it may exceed a single price, up to 100 lines of 1,000 copies.
struct MoneySum : Money {
  static constexpr std::int64_t max = Money::max * 1'000 * 100;
  constexpr MoneySum() = default;
  constexpr MoneySum(Money amount) : Money(amount) {}  // NOLINT(google-explicit-constructor): a price is one
};

/// A decimal number in major units, every decimal written: 2235 → `22.35`.
[[nodiscard]] std::string to_string(Money amount, unsigned decimals = 2);

/// Reads digits with at most `decimals` after the point (trailing zeros beyond it are fine, no exponent, no
/// sign). Empty if `text` is no amount or above `max`.
[[nodiscard]] std::optional<Money> parse_money(std::string_view text, unsigned decimals = 2,
                                               std::int64_t max = Money::max);

}  // namespace bazar
