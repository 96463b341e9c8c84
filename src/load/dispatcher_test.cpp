#include <gtest/gtest.h>

#include <optional>

#include "load/closed_loop.hpp"
#include "load/open_loop.hpp"

namespace bazar::load {
namespace {

using namespace std::chrono_literals;
using Fate = Turn::Fate;

/// One is due each second from 1 s on, until 10 s.
OpenLoopDispatcher every_second(std::size_t max_backlog) {
  return {4, Arrivals(ArrivalLaw::constant, 1, 1), max_backlog, 5s, 10s};
}

TEST(OpenLoop, sends_what_is_due_on_the_connection_that_was_free_longest) {
  auto loop = every_second(10);
  loop.free(2, 0s);
  loop.free(0, 0s);
  EXPECT_FALSE(loop.next(999ms));
  EXPECT_EQ(loop.wakes_at(), 1s);
  const auto turn = loop.next(2'500ms);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->connection, 2U);
  EXPECT_EQ(turn->due, 1s);
  EXPECT_FALSE(turn->waited);
  EXPECT_EQ(loop.next(2'500ms)->connection, 0U);
  EXPECT_FALSE(loop.next(2'500ms));
}

TEST(OpenLoop, what_waits_for_a_connection_is_still_due_when_it_was_due) {
  auto loop = every_second(10);
  EXPECT_FALSE(loop.next(2'100ms));
  EXPECT_EQ(loop.backlog(), 2U);
  loop.free(1, 3'500ms);
  const auto turn = loop.next(3'500ms);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->fate, Fate::send);
  EXPECT_EQ(turn->due, 1s);
  EXPECT_TRUE(turn->waited);
  EXPECT_FALSE(loop.next(3'500ms));
  EXPECT_EQ(loop.backlog(), 2U);
}

TEST(OpenLoop, drops_what_comes_while_the_backlog_is_full) {
  auto loop = every_second(1);
  const auto turn = loop.next(2s);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->fate, Fate::dropped);
  EXPECT_EQ(turn->due, 2s);
  EXPECT_EQ(loop.backlog(), 1U);
}

TEST(OpenLoop, gives_up_what_has_waited_for_too_long) {
  auto loop = every_second(10);
  EXPECT_FALSE(loop.next(1s));
  loop.free(0, 6s);
  const auto turn = loop.next(6s);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->fate, Fate::expired);
  EXPECT_EQ(turn->due, 1s);
}

TEST(OpenLoop, is_awakened_for_what_expires) {
  auto loop = every_second(10);
  for (nanoseconds now = 0s; now <= 9s; now += 1s) {
    while (loop.next(now)) {
    }
  }
  // Those of 1 to 4 s have expired; that of 5 s will at 10 s, and nothing else is due by then.
  EXPECT_EQ(loop.wakes_at(), 10s);
}

TEST(OpenLoop, nothing_is_due_from_the_end_on_but_what_waits_is_sent) {
  auto loop = every_second(10);
  for (nanoseconds now = 0s; now <= 9s; now += 1s) {
    loop.free(0, now);
    while (loop.next(now)) {
    }
  }
  EXPECT_EQ(loop.backlog(), 0U);
  loop.free(1, 12s);
  EXPECT_FALSE(loop.next(12s));
  EXPECT_EQ(loop.wakes_at(), std::nullopt);
}

TEST(OpenLoop, does_not_use_a_connection_that_has_gone) {
  auto loop = every_second(10);
  loop.free(0, 0s);
  loop.free(1, 0s);
  loop.gone(0);
  loop.gone(3);  // was not free
  EXPECT_EQ(loop.next(1s)->connection, 1U);
}

TEST(ClosedLoop, sends_at_once_where_nobody_thinks) {
  ClosedLoopDispatcher loop(2, 0s, 10s, 1);
  EXPECT_FALSE(loop.next(0s));
  loop.free(1, 3s);
  EXPECT_EQ(loop.wakes_at(), std::nullopt);
  const auto turn = loop.next(3s);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->connection, 1U);
  EXPECT_EQ(turn->due, 3s);
  EXPECT_FALSE(loop.next(3s));
}

TEST(ClosedLoop, sends_nothing_from_the_end_on) {
  ClosedLoopDispatcher loop(1, 0s, 10s, 1);
  loop.free(0, 10s);
  EXPECT_FALSE(loop.next(10s));
}

TEST(ClosedLoop, thinks_for_the_given_time_on_average) {
  ClosedLoopDispatcher loop(1, 10ms, 10'000h, 1);
  nanoseconds now{0};
  for (int i = 0; i < 100'000; ++i) {
    loop.free(0, now);
    now = loop.wakes_at().value();
    EXPECT_EQ(loop.next(now)->due, now);
  }
  EXPECT_NEAR(static_cast<double>(now.count()), 1e12, 1e10);
}

TEST(ClosedLoop, a_connection_that_was_opened_anew_does_not_send_twice) {
  ClosedLoopDispatcher loop(1, 10ms, 1h, 1);
  loop.free(0, 0s);
  loop.gone(0);
  loop.free(0, 1ms);
  EXPECT_TRUE(loop.next(30min));
  EXPECT_FALSE(loop.next(30min));
}

}  // namespace
}  // namespace bazar::load
