#include "base/controlled_delay.hpp"

#include <gtest/gtest.h>

namespace bazar {
namespace {

constexpr ControlledDelayOptions options{
    .target = milliseconds(100), .interval = milliseconds(200), .small_queue = 10};

class ControlledDelayTest : public ::testing::Test {
 protected:
  /// A batch leaves whose first request had waited for so long.
  std::size_t take(std::size_t count, milliseconds waited, std::size_t left) {
    return delay_.taken(clock_.now(), count, clock_.now() - waited, left);
  }
  /// For an interval, batches of 500 leave every 50 ms, after too long a wait: 10,000 a second.
  void overload() {
    take(500, milliseconds(150), 2'000);
    for (int i = 0; i < 4; ++i) {
      clock_.advance(milliseconds(50));
      take(500, milliseconds(150), 2'000);
    }
  }
  [[nodiscard]] bool admits(std::size_t waiting) { return delay_.admits(clock_.now(), waiting); }

  ManualClock clock_;
  ControlledDelay delay_{options};
};

TEST_F(ControlledDelayTest, admits_any_number_while_nothing_waited_for_too_long) {
  take(500, milliseconds(100), 100'000);
  clock_.advance(milliseconds(500));
  take(500, milliseconds(100), 100'000);

  EXPECT_TRUE(admits(100'000));
  EXPECT_FALSE(delay_.is_controlling());
}

TEST_F(ControlledDelayTest, burst_that_is_gone_within_the_interval_is_not_shed) {
  take(500, milliseconds(150), 1'000);
  clock_.advance(milliseconds(199));
  take(500, milliseconds(150), 500);
  EXPECT_TRUE(admits(500));

  clock_.advance(milliseconds(50));
  take(500, milliseconds(50), 0);
  clock_.advance(milliseconds(50));
  take(500, milliseconds(150), 500);
  EXPECT_TRUE(admits(500)) << "the next burst has an interval of its own";
}

TEST_F(ControlledDelayTest, standing_queue_has_room_for_what_is_served_within_the_target) {
  overload();

  EXPECT_TRUE(admits(999));
  EXPECT_FALSE(admits(1'000)) << "10,000 a second, for 100 ms";
}

TEST_F(ControlledDelayTest, what_came_before_it_was_noticed_is_shed_once) {
  EXPECT_EQ(take(500, milliseconds(150), 2'500), 0U);
  clock_.advance(milliseconds(200));
  EXPECT_EQ(take(500, milliseconds(150), 2'000), 1'750U) << "2,500 a second have room for 250";

  clock_.advance(milliseconds(200));
  EXPECT_EQ(take(50, milliseconds(150), 200), 0U) << "room for 25: they were admitted";
}

TEST_F(ControlledDelayTest, room_follows_the_rate) {
  overload();
  for (int i = 0; i < 4; ++i) {
    clock_.advance(milliseconds(50));
    take(250, milliseconds(150), 2'000);
  }

  EXPECT_TRUE(admits(499));
  EXPECT_FALSE(admits(500));
}

TEST_F(ControlledDelayTest, few_requests_are_no_standing_queue_however_long_they_wait) {
  for (int i = 0; i < 10; ++i) {
    take(5, milliseconds(5'000), 5);
    clock_.advance(milliseconds(100));
  }

  EXPECT_FALSE(delay_.is_controlling());
}

TEST_F(ControlledDelayTest, few_requests_are_admitted_however_slowly_they_are_served) {
  take(11, milliseconds(5'000), 0);
  clock_.advance(milliseconds(5'000));
  take(11, milliseconds(5'000), 0);

  EXPECT_TRUE(admits(9));
  EXPECT_FALSE(admits(10));
}

TEST_F(ControlledDelayTest, server_that_stands_still_is_no_verdict_until_it_goes_on) {
  clock_.advance(milliseconds(5'000));
  EXPECT_TRUE(admits(5'000)) << "nothing left the queue: what waits for a lease is served, though late";

  take(1'000, milliseconds(5'000), 4'000);
  EXPECT_TRUE(admits(4'000));
}

TEST_F(ControlledDelayTest, admits_at_once_when_the_queue_has_room_again) {
  overload();
  ASSERT_FALSE(admits(1'500));

  EXPECT_TRUE(admits(0));
}

TEST_F(ControlledDelayTest, little_load_does_not_take_the_room_away) {
  overload();
  for (int i = 0; i < 10; ++i) {
    clock_.advance(milliseconds(100));
    take(1, milliseconds(1), 0);
  }

  EXPECT_TRUE(delay_.is_controlling());
  EXPECT_TRUE(admits(999));
}

TEST_F(ControlledDelayTest, room_grows_where_some_are_shed_though_nobody_waits_for_too_long) {
  overload();
  clock_.advance(milliseconds(100));
  EXPECT_FALSE(admits(1'000));
  clock_.advance(milliseconds(100));
  take(1'000, milliseconds(10), 0);

  EXPECT_TRUE(admits(1'999));
  EXPECT_FALSE(admits(2'000));
}

TEST_F(ControlledDelayTest, standing_queue_ends_after_sixteen_intervals_without_pressure) {
  overload();
  clock_.advance(milliseconds(150));
  EXPECT_FALSE(admits(1'000)) << "as late as this";

  clock_.advance(milliseconds(16 * 200 - 1));
  take(500, milliseconds(50), 0);
  EXPECT_TRUE(delay_.is_controlling());

  clock_.advance(milliseconds(1));
  take(500, milliseconds(50), 0);
  EXPECT_FALSE(delay_.is_controlling());
  EXPECT_TRUE(admits(100'000));
}

TEST_F(ControlledDelayTest, next_overload_is_judged_anew) {
  overload();
  clock_.advance(milliseconds(60'000));
  take(1, milliseconds(0), 0);
  take(500, milliseconds(150), 2'000);

  EXPECT_TRUE(admits(2'000));
}

}  // namespace
}  // namespace bazar
