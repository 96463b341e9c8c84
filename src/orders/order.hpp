#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
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
  Money total;
  WallTime ordered_at;
  friend bool operator==(const Order&, const Order&) = default;
};
BOOST_DESCRIBE_STRUCT(Order, (), (order_id, name, currency, lines, total, ordered_at))

[[nodiscard]] Order to_order(const catalog::Sale& sale);

/// One wish to buy as it reaches the order service.
struct PurchaseRequest {
  std::string key;   ///< idempotency key, 1 to 255 visible ASCII characters
  std::string name;  ///< the customer, 1 … max_name_bytes
  std::vector<catalog::SaleLine> lines;
};
BOOST_DESCRIBE_STRUCT(PurchaseRequest, (), (key, name, lines))

/// SHA-256 over the meaning of a purchase (name and lines), so that spelling of the JSON does not matter.
[[nodiscard]] std::string fingerprint(const PurchaseRequest& request);

enum class PurchaseStatus : std::uint8_t { bought, out_of_stock, not_found, key_reused, in_flight };

struct PurchaseOutcome {
  PurchaseStatus status = PurchaseStatus::in_flight;
  bool replayed = false;
  std::optional<Order> order;                 ///< where bought
  std::vector<catalog::RefusedLine> refused;  ///< where out_of_stock or not_found
};

}  // namespace bazar::orders
