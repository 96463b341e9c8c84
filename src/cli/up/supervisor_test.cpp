#include "cli/up/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bazar::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Verb = Supervisor::Verb;
using Action = Supervisor::Action;

class SupervisorTest : public testing::Test {
 protected:
  SteadyTime now() const { return clock.now(); }

  // Moves on in steps as short as a supervisor that is awake takes, and returns what was due on the way.
  std::vector<Action> advance(milliseconds by) {
    std::vector<Action> actions;
    for (; by > milliseconds{0}; by -= milliseconds{10}) {
      clock.advance(milliseconds{10});
      for (const auto& action : supervisor.due(now())) actions.push_back(action);
    }
    return actions;
  }
  std::vector<Action> advance_answering(milliseconds by) {
    std::vector<Action> actions;
    for (; by > milliseconds{0}; by -= milliseconds{100}) {
      for (const auto& action : advance(milliseconds{100})) actions.push_back(action);
      supervisor.answered(0, now());
    }
    return actions;
  }
  void start() {
    ASSERT_THAT(supervisor.due(now()), ElementsAre(Action{Verb::start, 0}));
    supervisor.started(0, now());
  }
  // Time from the exit until the start is due.
  milliseconds time_to_restart() {
    supervisor.exited(0, now());
    milliseconds waited{0};
    while (waited < milliseconds{5'000}) {
      if (!supervisor.due(now()).empty()) break;
      clock.advance(milliseconds{10});
      waited += milliseconds{10};
    }
    supervisor.started(0, now());
    return waited;
  }

  ManualClock clock;
  Supervisor supervisor{1, SupervisorOptions{}, clock.now()};
};

TEST_F(SupervisorTest, starts_each_child_once_at_first) {
  Supervisor three{3, SupervisorOptions{}, now()};
  EXPECT_THAT(three.due(now()),
              ElementsAre(Action{Verb::start, 0}, Action{Verb::start, 1}, Action{Verb::start, 2}));
  for (std::size_t i = 0; i < 3; ++i) three.started(i, now());
  EXPECT_THAT(three.due(now()), IsEmpty());
}

TEST_F(SupervisorTest, restarts_with_a_delay_that_doubles_to_a_second) {
  start();
  supervisor.startup_done();
  EXPECT_EQ(time_to_restart(), milliseconds{50});
  EXPECT_EQ(time_to_restart(), milliseconds{100});
  EXPECT_EQ(time_to_restart(), milliseconds{200});
  EXPECT_EQ(time_to_restart(), milliseconds{400});
  EXPECT_EQ(time_to_restart(), milliseconds{800});
  EXPECT_EQ(time_to_restart(), milliseconds{1'000});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(time_to_restart(), milliseconds{1'000});
}

TEST_F(SupervisorTest, begins_at_the_base_again_after_ten_seconds_of_running) {
  start();
  EXPECT_EQ(time_to_restart(), milliseconds{50});
  EXPECT_EQ(time_to_restart(), milliseconds{100});
  EXPECT_THAT(advance_answering(milliseconds{9'900}), IsEmpty());
  EXPECT_EQ(time_to_restart(), milliseconds{200});
  EXPECT_THAT(advance_answering(milliseconds{10'000}), IsEmpty());
  EXPECT_EQ(time_to_restart(), milliseconds{50});
}

TEST_F(SupervisorTest, kills_a_child_that_has_not_answered_for_five_seconds_once) {
  start();
  supervisor.answered(0, now());
  EXPECT_THAT(advance(milliseconds{4'990}), IsEmpty());
  EXPECT_THAT(advance(milliseconds{10}), ElementsAre(Action{Verb::kill, 0}));
  EXPECT_THAT(advance(milliseconds{10'000}), IsEmpty());
  EXPECT_EQ(time_to_restart(), milliseconds{50});
}

TEST_F(SupervisorTest, leaves_alone_a_child_that_answers) {
  start();
  EXPECT_THAT(advance_answering(milliseconds{60'000}), IsEmpty());
}

TEST_F(SupervisorTest, gives_a_child_that_never_answered_longer) {
  start();
  EXPECT_THAT(advance(milliseconds{29'990}), IsEmpty());
  EXPECT_THAT(advance(milliseconds{10}), ElementsAre(Action{Verb::kill, 0}));
}

TEST_F(SupervisorTest, does_not_blame_a_child_for_the_supervisors_own_pause) {
  start();
  supervisor.answered(0, now());
  clock.advance(milliseconds{60'000});
  EXPECT_THAT(supervisor.due(now()), IsEmpty());
  EXPECT_THAT(advance(milliseconds{4'990}), IsEmpty());
  EXPECT_THAT(advance(milliseconds{10}), ElementsAre(Action{Verb::kill, 0}));
}

TEST_F(SupervisorTest, gives_up_a_child_that_exits_at_once_five_times_while_the_store_starts) {
  start();
  for (int i = 0; i < 4; ++i) time_to_restart();
  supervisor.exited(0, now());
  EXPECT_THAT(advance(milliseconds{5'000}), ElementsAre(Action{Verb::give_up, 0}));
}

TEST_F(SupervisorTest, an_answer_or_a_long_life_breaks_the_row_of_early_exits) {
  start();
  for (int i = 0; i < 4; ++i) time_to_restart();
  supervisor.answered(0, now());
  for (int i = 0; i < 4; ++i) time_to_restart();
  advance(milliseconds{1'000});
  supervisor.exited(0, now());
  EXPECT_THAT(advance(milliseconds{2'000}), ElementsAre(Action{Verb::start, 0}));
}

TEST_F(SupervisorTest, never_gives_up_once_the_store_is_ready) {
  start();
  supervisor.startup_done();
  for (int i = 0; i < 50; ++i) time_to_restart();
  supervisor.exited(0, now());
  EXPECT_THAT(advance(milliseconds{1'000}), ElementsAre(Action{Verb::start, 0}));
}

TEST_F(SupervisorTest, starts_and_kills_nothing_after_stop) {
  start();
  supervisor.answered(0, now());
  supervisor.stop();
  EXPECT_THAT(advance(milliseconds{10'000}), IsEmpty());
  supervisor.exited(0, now());
  EXPECT_THAT(advance(milliseconds{10'000}), IsEmpty());
  EXPECT_EQ(supervisor.next_due(), std::nullopt);
}

TEST_F(SupervisorTest, a_late_answer_of_a_dead_process_changes_nothing) {
  start();
  supervisor.exited(0, now());
  supervisor.answered(0, now());
  EXPECT_FALSE(supervisor.running(0));
  EXPECT_THAT(advance(milliseconds{50}), ElementsAre(Action{Verb::start, 0}));
}

TEST_F(SupervisorTest, says_when_it_is_next_due) {
  EXPECT_EQ(supervisor.next_due(), now());
  start();
  supervisor.answered(0, now());
  EXPECT_EQ(supervisor.next_due(), now() + milliseconds{5'000});
  supervisor.exited(0, now());
  EXPECT_EQ(supervisor.next_due(), now() + milliseconds{50});
}

}  // namespace
}  // namespace bazar::cli
