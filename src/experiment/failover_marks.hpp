#pragma once

#include <deque>
#include <optional>

#include "experiment/shoppers.hpp"

namespace bazar::experiment {

/// What shoppers see of a machine's death, in the order in which it comes.
struct FailoverMarks {
  SteadyTime killed;                  ///< the last answer of that machine's own front-end
  SteadyTime last_purchase;           ///< the last that was answered before …
  SteadyTime purchases_again;         ///< … the first one after: the longest pause between two that were
  std::optional<SteadyTime> noticed;  ///< the first lookup that was answered from a standby, and says so
};

/// `victim` is the front-end of the machine that was killed between `kill_begun` and `kill_done`; purchases
/// were answered before and after.
[[nodiscard]] FailoverMarks find_marks(const std::deque<Errand>& errands, std::size_t victim,
                                       SteadyTime kill_begun, SteadyTime kill_done);

/// How requests fared that were due in one stretch of time.
struct Fares {
  std::size_t requests = 0;
  std::size_t answered = 0;
  std::size_t labelled = 0;  ///< of those that were answered
  std::size_t told_to_wait = 0;
  std::size_t failed = 0;

  void count(const Errand& errand);
};

}  // namespace bazar::experiment
