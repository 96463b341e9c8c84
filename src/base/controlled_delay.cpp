#include "base/controlled_delay.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace bazar {
namespace {

/// RFC 8289, 4.3: a standing queue that comes back so soon never went.
constexpr int memory_intervals = 16;

}  // namespace

ControlledDelay::ControlledDelay(ControlledDelayOptions options) : options_(options) {
  BAZAR_ASSERT(options_.interval > milliseconds::zero(), "a rate is measured over some time");
}

bool ControlledDelay::admits(SteadyTime now, std::size_t waiting) {
  if (!room_ || waiting < *room_) return true;
  shed_at_ = now;
  return false;
}

std::size_t ControlledDelay::taken(SteadyTime now, std::size_t count, SteadyTime oldest, std::size_t left) {
  const bool too_long = count + left > options_.small_queue && now - oldest > options_.target;
  if (too_long) late_at_ = now;
  if (room_ ? now - std::max(shed_at_, late_at_) >= memory_intervals * options_.interval : !too_long) {
    room_.reset();
    measured_since_.reset();
    return 0;
  }
  if (!measured_since_) {
    measured_since_ = now;
    taken_ = 0;
    return 0;
  }
  taken_ += count;
  if (now - *measured_since_ < options_.interval) return 0;
  const bool unnoticed = !room_;
  const std::size_t served = served_within_target(now - *measured_since_);
  // What is served while little comes, or is let in, is not what can be served.
  if (late_at_ > *measured_since_) {
    room_ = served;
  } else if (shed_at_ > *measured_since_) {
    room_ = std::max(served, 2 * *room_);
  }
  measured_since_ = now;
  taken_ = 0;
  return unnoticed && left > *room_ ? left - *room_ : 0;
}

std::size_t ControlledDelay::served_within_target(std::chrono::duration<double> measured) const {
  const std::chrono::duration<double> target = options_.target;
  return std::max(options_.small_queue,
                  static_cast<std::size_t>(static_cast<double>(taken_) * (target / measured)));
}

}  // namespace bazar
