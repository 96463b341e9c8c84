#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/errors.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"
#include "catalog/sale.hpp"

namespace bazar::orders {

/// An order as the customer may look it up: the projection of one sale.
struct Order {
  OrderId order_id;
  std::string name;
  std::string currency;
  std::vector<catalog::SoldLine> lines;
  MoneySum total;
  WallTime ordered_at;
  friend bool operator==(const Order&, const Order&) = default;
};
BOOST_DESCRIBE_STRUCT(Order, (), (order_id, name, currency, lines, total, ordered_at))

[[nodiscard]] Order to_order(catalog::Sale sale);

/// An order of one book, as `POST /orders` and the front-end's `POST /purchase/{id}` answer it; `price` is
/// that of one copy.
struct Receipt {
  OrderId order_id;
  BookId book_id;
  std::string title;
  std::int64_t quantity = 1;
  Money price;
  std::string currency;
  std::string name;
  WallTime ordered_at;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(Receipt, (),
                      (order_id, book_id, title, quantity, price, currency, name, ordered_at, message))

/// Of the first line: the order has one.
[[nodiscard]] Receipt to_receipt(const Order& order);

/// What the lines cost together.
[[nodiscard]] MoneySum total_of(const std::vector<catalog::SoldLine>& lines);

/// One wish to buy as it reaches the order service.
struct PurchaseRequest {
  std::string key;   ///< idempotency key, 1 to 255 visible ASCII characters
  std::string name;  ///< the customer, 1 … max_name_bytes
  std::vector<catalog::SaleLine> lines;
  friend bool operator==(const PurchaseRequest&, const PurchaseRequest&) = default;
};
BOOST_DESCRIBE_STRUCT(PurchaseRequest, (), (key, name, lines))

/// A customer's name: 1 … max_name_bytes bytes of UTF-8, without control characters, not only blanks.
[[nodiscard]] std::expected<void, FieldError> validate_name(std::string_view name);
/// Checks every value of a request against its bounds; no book may come twice.
[[nodiscard]] std::expected<void, FieldError> validate(const PurchaseRequest& request);

/// SHA-256 over the meaning of a purchase (name and lines), so that spelling of the JSON does not matter.
[[nodiscard]] std::string fingerprint(const PurchaseRequest& request);

enum class PurchaseStatus : std::uint8_t {
  bought,
  out_of_stock,
  not_found,
  key_reused,   ///< the key came before with another payload
  in_flight,    ///< the key is being decided; nothing is known or recorded about this request yet
  unavailable,  ///< an outage: the outcome is unknown, ask again with the same key
  invalid,      ///< never sent to the catalog: see `error`
};

/// `out_of_stock`, as JSON and metrics have it.
[[nodiscard]] std::string_view to_string(PurchaseStatus status);
[[nodiscard]] std::optional<PurchaseStatus> parse_purchase_status(std::string_view text);

struct PurchaseOutcome {
  PurchaseStatus status = PurchaseStatus::in_flight;
  bool replayed = false;
  std::optional<Order> order;                 ///< where bought
  std::vector<catalog::RefusedLine> refused;  ///< where out_of_stock or not_found
  std::optional<FieldError> error = {};       ///< where invalid
};

}  // namespace bazar::orders
