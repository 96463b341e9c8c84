#include "base/money.hpp"

#include <algorithm>
#include <array>

namespace bazar {
namespace {

struct KnownCurrency {
  std::string_view code;
  unsigned decimals;
};

// ISO 4217 list one, the currencies a shop is likely to keep its books in.
constexpr std::array known_currencies = {
    KnownCurrency{"AED", 2}, KnownCurrency{"AUD", 2}, KnownCurrency{"BHD", 3}, KnownCurrency{"BRL", 2},
    KnownCurrency{"CAD", 2}, KnownCurrency{"CHF", 2}, KnownCurrency{"CLP", 0}, KnownCurrency{"CNY", 2},
    KnownCurrency{"CZK", 2}, KnownCurrency{"DKK", 2}, KnownCurrency{"EGP", 2}, KnownCurrency{"EUR", 2},
    KnownCurrency{"GBP", 2}, KnownCurrency{"HKD", 2}, KnownCurrency{"HUF", 2}, KnownCurrency{"IDR", 2},
    KnownCurrency{"ILS", 2}, KnownCurrency{"INR", 2}, KnownCurrency{"ISK", 0}, KnownCurrency{"JOD", 3},
    KnownCurrency{"JPY", 0}, KnownCurrency{"KRW", 0}, KnownCurrency{"KWD", 3}, KnownCurrency{"MAD", 2},
    KnownCurrency{"MXN", 2}, KnownCurrency{"NOK", 2}, KnownCurrency{"NZD", 2}, KnownCurrency{"OMR", 3},
    KnownCurrency{"PLN", 2}, KnownCurrency{"RON", 2}, KnownCurrency{"SAR", 2}, KnownCurrency{"SEK", 2},
    KnownCurrency{"SGD", 2}, KnownCurrency{"THB", 2}, KnownCurrency{"TND", 3}, KnownCurrency{"TRY", 2},
    KnownCurrency{"TWD", 2}, KnownCurrency{"UAH", 2}, KnownCurrency{"USD", 2}, KnownCurrency{"VND", 0},
    KnownCurrency{"ZAR", 2},
};

static_assert(std::ranges::is_sorted(known_currencies, {}, &KnownCurrency::code));

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<Currency> find_currency(std::string_view code) {
  const auto* const known = std::ranges::lower_bound(known_currencies, code, {}, &KnownCurrency::code);
  if (known == known_currencies.end() || known->code != code) return std::nullopt;
  return Currency{std::string(code), known->decimals};
}

std::string to_string(Money amount, unsigned decimals) {
  std::string digits = std::to_string(amount.minor);
  if (decimals == 0) return digits;
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  digits.insert(digits.size() - decimals, 1, '.');
  return digits;
}

std::optional<Money> parse_money(std::string_view text, unsigned decimals, std::int64_t max) {
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
  Money amount;
  bool point = false;
  unsigned seen = 0;
  for (const char c : text) {
    if (c == '.') {
      if (point) return std::nullopt;
      point = true;
      continue;
    }
    if (!is_digit(c)) return std::nullopt;
    if (point && ++seen > decimals) {
      if (c != '0') return std::nullopt;
      continue;
    }
    amount.minor = amount.minor * 10 + (c - '0');
    if (amount.minor > max) return std::nullopt;
  }
  for (; seen < decimals; ++seen) {
    amount.minor *= 10;
    if (amount.minor > max) return std::nullopt;
  }
  return amount;
}

}  // namespace bazar
