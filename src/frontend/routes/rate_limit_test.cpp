#include "frontend/routes/rate_limit.hpp"

#include <gtest/gtest.h>

namespace bazar::frontend {
namespace {

using boost::asio::ip::make_address;

const auto somebody = make_address("192.0.2.1");

class RateLimit : public ::testing::Test {
 protected:
  /// How many of `count` requests at once are let in.
  unsigned let_in(RateLimiter& limiter, const boost::asio::ip::address& client, unsigned count) {
    unsigned passed = 0;
    for (unsigned i = 0; i < count; ++i) passed += limiter.refuse(client, clock_.now()) ? 0 : 1;
    return passed;
  }
  ManualClock clock_;
};

TEST_F(RateLimit, a_burst_is_let_in_up_to_the_rate_of_a_second) {
  RateLimiter limiter({.per_second = 10});
  EXPECT_EQ(let_in(limiter, somebody, 15), 10U);
}

TEST_F(RateLimit, tokens_come_back_with_time_and_no_more_than_the_burst) {
  RateLimiter limiter({.per_second = 10});
  EXPECT_EQ(let_in(limiter, somebody, 10), 10U);
  clock_.advance(milliseconds(300));
  EXPECT_EQ(let_in(limiter, somebody, 10), 3U);
  clock_.advance(milliseconds(3'600'000));
  EXPECT_EQ(let_in(limiter, somebody, 100), 10U);
}

TEST_F(RateLimit, a_refusal_says_when_the_next_is_let_in) {
  RateLimiter limiter({.per_second = 2});
  EXPECT_EQ(let_in(limiter, somebody, 2), 2U);
  const auto wait = limiter.refuse(somebody, clock_.now());
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, milliseconds(500));
  clock_.advance(*wait);
  EXPECT_FALSE(limiter.refuse(somebody, clock_.now()));
}

TEST_F(RateLimit, one_client_does_not_use_up_the_share_of_another) {
  RateLimiter limiter({.per_second = 1});
  EXPECT_EQ(let_in(limiter, somebody, 5), 1U);
  EXPECT_EQ(let_in(limiter, make_address("192.0.2.2"), 5), 1U);
}

TEST_F(RateLimit, loopback_is_exempt_unless_switched_on) {
  RateLimiter lenient({.per_second = 1});
  RateLimiter strict({.per_second = 1, .limit_loopback = true});
  for (const auto* address : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(let_in(lenient, make_address(address), 5), 5U) << address;
  }
  EXPECT_EQ(let_in(strict, make_address("127.0.0.1"), 5), 1U);
}

TEST_F(RateLimit, ipv6_clients_share_their_network_and_mapped_ipv4_is_ipv4) {
  RateLimiter limiter({.per_second = 2});
  EXPECT_EQ(let_in(limiter, make_address("2001:db8::1"), 1), 1U);
  EXPECT_EQ(let_in(limiter, make_address("2001:db8::ffff:2"), 5), 1U);
  EXPECT_EQ(let_in(limiter, make_address("2001:db8:0:1::1"), 5), 2U);
  EXPECT_EQ(let_in(limiter, somebody, 1), 1U);
  EXPECT_EQ(let_in(limiter, make_address("::ffff:192.0.2.1"), 5), 1U);
  EXPECT_EQ(let_in(limiter, make_address("::ffff:192.0.2.2"), 5), 2U);
}

TEST_F(RateLimit, the_table_is_bounded_and_forgets_who_was_quiet_longest) {
  RateLimiter limiter({.per_second = 1, .limit_loopback = false, .max_clients = 2});
  const auto second = make_address("192.0.2.2");
  EXPECT_EQ(let_in(limiter, somebody, 1), 1U);
  EXPECT_EQ(let_in(limiter, second, 1), 1U);
  EXPECT_EQ(let_in(limiter, somebody, 1), 0U);
  EXPECT_EQ(let_in(limiter, make_address("192.0.2.3"), 1), 1U);
  EXPECT_EQ(limiter.clients(), 2U);
  EXPECT_EQ(let_in(limiter, somebody, 1), 0U);
  EXPECT_EQ(let_in(limiter, second, 1), 1U);
}

TEST_F(RateLimit, a_reading_of_the_clock_that_comes_late_takes_nothing_away) {
  RateLimiter limiter({.per_second = 10});
  const SteadyTime before = clock_.now();
  clock_.advance(milliseconds(1'000));
  EXPECT_EQ(let_in(limiter, somebody, 5), 5U);
  EXPECT_FALSE(limiter.refuse(somebody, before));
  EXPECT_EQ(let_in(limiter, somebody, 10), 4U);
}

}  // namespace
}  // namespace bazar::frontend
