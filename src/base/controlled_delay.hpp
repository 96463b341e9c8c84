#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.hpp"

namespace bazar {

struct ControlledDelayOptions {
  /// What a request may wait in the queue for as long as more come than can be served. Ten times what a call
  /// takes whatever is in it (a few fsyncs): much less, and batches would be so small that the service does
  /// less than it can.
  milliseconds target{100};
  milliseconds interval{100};  ///< a queue that is gone again within it was a burst, and nothing is shed
  /// Which wait for what is under way, not for each other: so few are admitted however long that takes.
  std::size_t small_queue = 100;
};

/// Bounds a queue in time instead of in count. Where every batch that leaves has waited for more than the
/// target, for a whole interval, there is a standing queue: more come than can be served. From then on the
/// queue has room for what is served within the target, at the rate that was measured in the last interval,
/// and the rest is to be shed at once. That ends when for sixteen intervals nothing had to be shed: an
/// overload that comes back before finds the queue still bounded. Where some are shed although nobody waits
/// for too long, the rate was measured in a bad moment, and the room doubles with each interval.
///
/// When to begin is CoDel's (Nichols and Jacobson, "Controlling queue delay", ACM Queue 2012; RFC 8289), and
/// so is that few packets are no queue. CoDel drops at the head, since a sender notices a loss by what comes
/// after it. A shopper is told, and soonest if it is the one who came last: so the tail is shed.
///
/// A pure state machine: time comes in as an argument and does not go back. Not thread-safe.
class ControlledDelay {
 public:
  explicit ControlledDelay(ControlledDelayOptions options = {});

  /// Whether one more may join the `waiting`. False: it is shed.
  [[nodiscard]] bool admits(SteadyTime now, std::size_t waiting);

  /// The `count` > 0 that waited longest leave the queue to be served; the first of them came at `oldest`,
  /// `left` stay behind. Returns how many of these are to be shed, last come first: what came while a
  /// standing queue was not yet noticed.
  [[nodiscard]] std::size_t taken(SteadyTime now, std::size_t count, SteadyTime oldest, std::size_t left);

  /// Whether there is a standing queue.
  [[nodiscard]] bool is_controlling() const { return room_.has_value(); }

 private:
  [[nodiscard]] std::size_t served_within_target(std::chrono::duration<double> measured) const;

  const ControlledDelayOptions options_;
  std::optional<SteadyTime> measured_since_;  ///< empty: no batch has waited for too long
  std::size_t taken_ = 0;                     ///< since then
  std::optional<std::size_t> room_;           ///< while there is a standing queue
  SteadyTime shed_at_;                        ///< when one last was
  SteadyTime late_at_;                        ///< when a batch last had waited for too long
};

}  // namespace bazar
