#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "catalog/store.hpp"
#include "orders/order.hpp"

namespace bazar::orders {

using catalog::Page;

/// The orders: the order service's own database, a projection of the catalog's sales. Thread-safe; calls
/// resume on the loop they came from. Outages throw.
class Store {
 public:
  virtual ~Store() = default;
  /// Durable when it returns. An order that is there already stays as it is.
  virtual Task<void> insert(std::vector<Order> orders) = 0;
  virtual Task<std::optional<Order>> find(OrderId id) = 0;
  /// A customer's orders, latest first (ids fall); `after` is the last id of the former page. With an empty
  /// name: everybody's, oldest first (for export).
  /// At least one and at most `limit` items where there are any; fewer than `limit` with a `next` where
  /// orders are large.
  virtual Task<Page<Order>> list(std::string name, std::optional<OrderId> after, std::size_t limit) = 0;
  virtual Task<void> check() = 0;
};

}  // namespace bazar::orders
