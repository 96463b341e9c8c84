#include "balancer/retry_budget.hpp"

#include <algorithm>

namespace bazar::balancer {

RetryBudget::RetryBudget(double ratio, double reserve, double cap)
    : ratio_(ratio), cap_(cap), balance_(reserve) {}

void RetryBudget::deposit() { balance_ = std::min(balance_ + ratio_, cap_); }

bool RetryBudget::withdraw() {
  if (balance_ < 1) return false;
  balance_ -= 1;
  return true;
}

}  // namespace bazar::balancer
