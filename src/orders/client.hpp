#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "balancer/upstream.hpp"
#include "orders/order.hpp"

namespace bazar::orders {

/// The order service's HTTP interface, typed, for the front-end. Every purchase carries a key, so that it may be sent again.
/// Used on its upstream's loop only.
class Client {
 public:
  explicit Client(balancer::Upstream& upstream) : upstream_(upstream) {}

  struct Outcomes {
    std::vector<PurchaseOutcome> outcomes;  ///< one for each request, in order
    std::string replica;
  };
  Task<Outcomes> purchase(std::vector<PurchaseRequest> requests, SteadyTime deadline, const observe::TraceContext& trace);
  [[nodiscard]] balancer::Upstream& upstream() { return upstream_; }

 private:
  balancer::Upstream& upstream_;
};

}  // namespace bazar::orders
