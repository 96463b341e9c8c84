#include "balancer/retry_budget.hpp"

#include <gtest/gtest.h>

namespace bazar::balancer {
namespace {

int withdrawals(RetryBudget& budget) {
  int count = 0;
  while (budget.withdraw()) ++count;
  return count;
}

TEST(RetryBudget, lets_a_quiet_client_retry_up_to_its_reserve) {
  RetryBudget budget(0.2, 10, 100);
  EXPECT_EQ(withdrawals(budget), 10);
}

TEST(RetryBudget, allows_one_retry_for_every_four_requests_at_a_quarter) {
  RetryBudget budget(0.25, 0, 100);
  for (int i = 0; i < 3; ++i) budget.deposit();
  EXPECT_FALSE(budget.withdraw());
  budget.deposit();
  EXPECT_TRUE(budget.withdraw());
  EXPECT_FALSE(budget.withdraw());
}

TEST(RetryBudget, saves_no_more_than_its_cap) {
  RetryBudget budget(0.5, 0, 20);
  for (int i = 0; i < 10'000; ++i) budget.deposit();
  EXPECT_EQ(withdrawals(budget), 20);
}

}  // namespace
}  // namespace bazar::balancer
