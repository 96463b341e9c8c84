#include "frontend/cache/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace bazar::frontend {
namespace {

class CircuitBreakerTest : public testing::Test {
 protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i) breaker.failed();
  }
  CircuitBreaker breaker{
      {.failures = 3, .first_pause = milliseconds(50), .longest_pause = milliseconds(300)}};
};

TEST_F(CircuitBreakerTest, is_open_until_a_first_success_and_does_not_wait_for_the_first_probe) {
  EXPECT_FALSE(breaker.closed());
  EXPECT_EQ(breaker.pause(), milliseconds(0));
  breaker.succeeded();
  EXPECT_TRUE(breaker.closed());
}

TEST_F(CircuitBreakerTest, opens_at_the_third_failure_in_a_row) {
  breaker.succeeded();
  fail(2);
  EXPECT_TRUE(breaker.closed());
  breaker.failed();
  EXPECT_FALSE(breaker.closed());
}

TEST_F(CircuitBreakerTest, a_success_between_failures_counts) {
  breaker.succeeded();
  fail(2);
  breaker.succeeded();
  fail(2);
  EXPECT_TRUE(breaker.closed());
}

TEST_F(CircuitBreakerTest, pauses_grow_with_each_failed_probe_up_to_the_longest) {
  breaker.succeeded();
  fail(3);
  EXPECT_EQ(breaker.pause(), milliseconds(50));
  fail(1);
  EXPECT_EQ(breaker.pause(), milliseconds(100));
  fail(1);
  EXPECT_EQ(breaker.pause(), milliseconds(200));
  fail(10);
  EXPECT_EQ(breaker.pause(), milliseconds(300));
}

TEST_F(CircuitBreakerTest, after_a_recovery_pauses_begin_anew) {
  fail(5);
  breaker.succeeded();
  fail(3);
  EXPECT_EQ(breaker.pause(), milliseconds(50));
}

}  // namespace
}  // namespace bazar::frontend
