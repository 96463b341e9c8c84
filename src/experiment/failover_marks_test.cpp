#include "experiment/failover_marks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bazar::experiment {
namespace {

using testing::Optional;

SteadyTime at(int ms) { return SteadyTime(milliseconds(ms)); }

constexpr std::size_t victim = 0;
constexpr std::size_t other = 1;

Errand lookup(std::size_t frontend, int ended_ms, bool labelled = false) {
  return {.kind = Errand::Kind::lookup,
          .frontend = frontend,
          .ended = at(ended_ms),
          .fate = Errand::Fate::answered,
          .labelled = labelled};
}

Errand purchase(int ended_ms, Errand::Fate fate = Errand::Fate::answered) {
  return {.kind = Errand::Kind::purchase, .frontend = other, .ended = at(ended_ms), .fate = fate};
}

TEST(FailoverMarks, the_kill_is_the_last_answer_of_the_victim_before_it_is_confirmed) {
  const std::deque<Errand> errands{lookup(victim, 95),  lookup(victim, 110), lookup(other, 120),
                                   lookup(victim, 900), purchase(90),        purchase(800)};
  EXPECT_EQ(find_marks(errands, victim, at(100), at(200)).killed, at(110));
}

TEST(FailoverMarks, a_victim_that_was_not_asked_died_when_the_kill_began) {
  const std::deque<Errand> errands{lookup(victim, 50), purchase(90), purchase(800)};
  EXPECT_EQ(find_marks(errands, victim, at(100), at(200)).killed, at(100));
}

TEST(FailoverMarks, purchases_stop_for_the_longest_pause_between_two_that_were_answered) {
  // Not in the order of their answers, and with failures in the midst of the pause.
  const std::deque<Errand> errands{purchase(10),
                                   purchase(60),
                                   purchase(40),
                                   purchase(400, Errand::Fate::told_to_wait),
                                   purchase(500, Errand::Fate::failed),
                                   purchase(900),
                                   purchase(950)};
  const FailoverMarks marks = find_marks(errands, victim, at(50), at(55));
  EXPECT_EQ(marks.last_purchase, at(60));
  EXPECT_EQ(marks.purchases_again, at(900));
}

TEST(FailoverMarks, it_is_noticed_by_the_first_labelled_answer) {
  std::deque<Errand> errands{purchase(10), lookup(other, 300, true), lookup(other, 200, true), purchase(900)};
  EXPECT_THAT(find_marks(errands, victim, at(50), at(55)).noticed, Optional(at(200)));
  errands.erase(errands.begin() + 1, errands.begin() + 3);
  EXPECT_EQ(find_marks(errands, victim, at(50), at(55)).noticed, std::nullopt);
}

TEST(Fares, count_each_request_once) {
  Fares fares;
  for (const Errand& errand : {lookup(other, 1), lookup(other, 2, true), purchase(3),
                               purchase(4, Errand::Fate::told_to_wait), purchase(5, Errand::Fate::failed)})
    fares.count(errand);
  EXPECT_EQ(fares.requests, 5);
  EXPECT_EQ(fares.answered, 3);
  EXPECT_EQ(fares.labelled, 1);
  EXPECT_EQ(fares.told_to_wait, 1);
  EXPECT_EQ(fares.failed, 1);
}

}  // namespace
}  // namespace bazar::experiment
