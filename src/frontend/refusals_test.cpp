#include "frontend/refusals.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

namespace bazar::frontend {
namespace {

TEST(PaceTest, a_burst_comes_at_once_and_the_rest_evenly) {
  Pace pace(1'000, milliseconds(3));
  const SteadyTime now{std::chrono::hours(1)};

  for (int i = 0; i <= 3; ++i) EXPECT_EQ(pace.next(now), now);
  EXPECT_EQ(pace.next(now), now + milliseconds(1));
  EXPECT_EQ(pace.next(now), now + milliseconds(2));
}

TEST(PaceTest, keeps_the_rate_over_any_long_time) {
  Pace pace(1'000, milliseconds(3));
  SteadyTime now{std::chrono::hours(1)};
  SteadyTime last = now;
  for (int i = 0; i < 10'000; ++i) {
    now += std::chrono::microseconds(100);
    last = pace.next(now);
  }

  EXPECT_EQ(last,
            SteadyTime{std::chrono::hours(1)} + std::chrono::microseconds(100) + milliseconds(9'999 - 3));
}

TEST(PaceTest, quiet_time_is_not_saved_up_beyond_a_burst) {
  Pace pace(1'000, milliseconds(3));
  const SteadyTime now{std::chrono::hours(1)};
  (void)pace.next(now);
  const SteadyTime later = now + std::chrono::hours(1);

  for (int i = 0; i <= 3; ++i) EXPECT_EQ(pace.next(later), later);
  EXPECT_EQ(pace.next(later), later + milliseconds(1));
}

class RefusalsTest : public ::testing::Test {
 protected:
  /// Ahead of the timers' own clock: no turn comes by itself.
  RefusalsTest() { clock_.advance(std::chrono::years(100)); }

  static constexpr int at_once =
      static_cast<int>(Refusals::per_second * Refusals::burst / std::chrono::seconds(1)) + 1;

  static Task<> await(Task<http::Response> later, std::vector<std::string>& answers) {
    answers.push_back((co_await std::move(later)).body);
  }
  void send(const std::string& name) {
    http::Reply reply = refusals_->send(http::text_response(503, name));
    if (auto* const later = std::get_if<Task<http::Response>>(&reply)) {
      asio::co_spawn(loop_, await(std::move(*later), late_), asio::detached);
    } else {
      prompt_.push_back(std::get<http::Response>(reply).body);
    }
  }
  void run() {
    loop_.restart();
    loop_.run();
  }

  Loop loop_{1};
  ManualClock clock_;
  std::shared_ptr<Refusals> refusals_ = std::make_shared<Refusals>(loop_, clock_);
  std::vector<std::string> prompt_;
  std::vector<std::string> late_;
};

TEST_F(RefusalsTest, the_first_are_sent_at_once) {
  for (int i = 0; i < at_once; ++i) send(std::to_string(i));

  EXPECT_EQ(prompt_.size(), static_cast<std::size_t>(at_once));
}

TEST_F(RefusalsTest, the_others_wait_for_their_turn) {
  for (int i = 0; i < at_once; ++i) send("first");
  for (int i = 0; i < 10; ++i) send(std::to_string(i));
  loop_.poll();
  EXPECT_TRUE(late_.empty());

  refusals_->stop();
  run();
  EXPECT_EQ(late_, (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
}

TEST_F(RefusalsTest, no_more_wait_than_a_server_has_connections_for) {
  for (int i = 0; i < at_once; ++i) send("first");
  for (std::size_t i = 0; i < Refusals::max_waiting; ++i) send("in turn");
  loop_.poll();
  EXPECT_TRUE(late_.empty());
  send("at once");
  EXPECT_EQ(prompt_.back(), "at once");

  refusals_->stop();
  run();
  EXPECT_EQ(late_.size(), Refusals::max_waiting);
}

TEST_F(RefusalsTest, nobody_waits_once_it_has_stopped) {
  refusals_->stop();
  for (int i = 0; i < at_once + 10; ++i) send("last");

  EXPECT_EQ(prompt_.size(), static_cast<std::size_t>(at_once + 10));
}

class RefusalsInTimeTest : public RefusalsTest {
 protected:
  RefusalsInTimeTest() { refusals_ = std::make_shared<Refusals>(loop_, system_clock_); }
  SystemClock system_clock_;
};

TEST_F(RefusalsInTimeTest, every_turn_comes) {
  for (int i = 0; i < at_once + 100; ++i) send("one of many");
  run();

  EXPECT_EQ(prompt_.size() + late_.size(), static_cast<std::size_t>(at_once + 100));
}

}  // namespace
}  // namespace bazar::frontend
