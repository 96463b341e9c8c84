#pragma once

#include <deque>
#include <string>

#include "experiment/failover_marks.hpp"
#include "experiment/rehearsal.hpp"

namespace bazar::experiment {

struct Failover {
  std::string machine;     ///< the primary's, which was killed
  std::size_t victim = 0;  ///< its front-end
  std::deque<Errand> errands;
  SteadyTime begun;
  SteadyTime switched_on;
  SteadyTime whole;  ///< again
  FailoverMarks marks;

  std::size_t acknowledged = 0;
  std::size_t lost = 0;  ///< orders that were acknowledged, and that no front-end knows afterwards
  Rehearsal::Said copies;
};

struct FailoverPlan {
  double rate_per_s;
  double purchases;    ///< their share, 0 … 1
  double done_before;  ///< how much of the study is done
};

/// Kills the machine of the primary under load, switches it on again when purchases have come back, and waits
/// until the cluster is whole. Then looks up every acknowledged order and compares the copies. Throws
/// std::runtime_error where the cluster does not recover, Interrupted.
[[nodiscard]] Failover run_failover(Laboratory& laboratory, Rehearsal& rehearsal, const FailoverPlan& plan);

}  // namespace bazar::experiment
