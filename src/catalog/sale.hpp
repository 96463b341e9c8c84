#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/errors.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"

namespace bazar::catalog {

inline constexpr std::int64_t max_line_quantity = 1'000;
inline constexpr std::size_t max_lines = 100;
inline constexpr std::size_t max_name_bytes = 200;

struct SaleLine {
  BookId book_id;
  std::int64_t quantity = 1;  ///< 1 … max_line_quantity
  friend bool operator==(const SaleLine&, const SaleLine&) = default;
};
BOOST_DESCRIBE_STRUCT(SaleLine, (), (book_id, quantity))

/// A wish to buy, decided at most once under its key.
struct SaleRequest {
  std::string key;              ///< idempotency key
  OrderId order_id;             ///< used if this is the first time that the key is seen
  std::string name;             ///< the customer
  std::vector<SaleLine> lines;  ///< 1 … max_lines, a book at most once
  std::string fingerprint;      ///< of the client's payload: the same key with another one is a conflict
};
BOOST_DESCRIBE_STRUCT(SaleRequest, (), (key, order_id, name, lines, fingerprint))

/// A line as it was sold: title and unit price at the moment of the sale.
struct SoldLine {
  BookId book_id;
  std::string title;
  std::int64_t quantity = 1;
  Money price;
  friend bool operator==(const SoldLine&, const SoldLine&) = default;
};
BOOST_DESCRIBE_STRUCT(SoldLine, (), (book_id, title, quantity, price))

/// A sale on record; the order is its projection.
struct Sale {
  OrderId order_id;
  std::string key;
  std::string name;
  std::string currency;
  std::vector<SoldLine> lines;
  WallTime sold_at;
  Revision version = 0;  ///< the revision that took the stock
  friend bool operator==(const Sale&, const Sale&) = default;
};
BOOST_DESCRIBE_STRUCT(Sale, (), (order_id, key, name, currency, lines, sold_at, version))

/// A line that kept a purchase from happening.
struct RefusedLine {
  BookId book_id;
  std::int64_t requested = 0;
  std::int64_t available = 0;  ///< 0 where there is no such book
  friend bool operator==(const RefusedLine&, const RefusedLine&) = default;
};
BOOST_DESCRIBE_STRUCT(RefusedLine, (), (book_id, requested, available))

enum class Verdict : std::uint8_t { sold, out_of_stock, not_found, conflict };

/// What became of a SaleRequest. Refusals are remembered under the key as sales are, but for `conflict`,
/// which is about the key itself.
struct SaleOutcome {
  Verdict verdict = Verdict::conflict;
  bool replayed = false;     ///< the key was known: this is its first outcome, with its first order id
  std::optional<Sale> sale;  ///< where sold
  std::vector<RefusedLine> refused;  ///< where out_of_stock or not_found
  friend bool operator==(const SaleOutcome&, const SaleOutcome&) = default;
};

[[nodiscard]] std::string_view to_string(Verdict verdict);
[[nodiscard]] std::optional<Verdict> parse_verdict(std::string_view text);

/// What a customer may be called: 1 … max_name_bytes of UTF-8 without control characters. The error's field
/// is `name`.
[[nodiscard]] std::expected<void, FieldError> validate_customer(std::string_view name);
/// 1 … max_lines lines with a possible id and quantity, a book at most once. The error's field is `lines` or
/// inside it.
[[nodiscard]] std::expected<void, FieldError> validate_lines(std::span<const SaleLine> lines);
/// All of a request: key, name, lines, fingerprint (1 to 255 visible ASCII characters).
[[nodiscard]] std::expected<void, FieldError> validate(const SaleRequest& request);

}  // namespace bazar::catalog
