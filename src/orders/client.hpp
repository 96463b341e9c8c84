#pragma once

#include <optional>
#include <string>
#include <vector>

#include "balancer/upstream.hpp"
#include "catalog/store.hpp"
#include "orders/order.hpp"

namespace bazar::orders {

/// The order service's HTTP interface, typed, for the front-end. Every purchase carries a key, so that it may
/// be sent again. Used on its upstream's loop only. Outages throw (bazar::Outage).
class Client {
 public:
  explicit Client(balancer::Upstream& upstream) : upstream_(upstream) {}

  struct Outcomes {
    std::vector<PurchaseOutcome> outcomes;  ///< one for each request, in order
    std::string replica;
  };
  /// At most 1,000 requests. What is wrong with one of them, or unavailable to it, is its outcome.
  Task<Outcomes> purchase(std::vector<PurchaseRequest> requests, SteadyTime deadline,
                          const observe::TraceContext& trace);

  struct Found {
    std::optional<Order> order;
    std::string replica;
  };
  Task<Found> find(OrderId id, SteadyTime deadline, const observe::TraceContext& trace);

  struct Listed {
    catalog::Page<Order> page;
    std::string replica;
  };
  /// A customer's orders, latest first; with an empty name everybody's, oldest first. `after` is a former
  /// page's `next`, `limit` 1 … 1,000. `name` must be valid (see validate_name).
  Task<Listed> list(std::string name, std::optional<OrderId> after, std::size_t limit, SteadyTime deadline,
                    const observe::TraceContext& trace);

  [[nodiscard]] balancer::Upstream& upstream() { return upstream_; }

 private:
  balancer::Upstream& upstream_;
};

}  // namespace bazar::orders
