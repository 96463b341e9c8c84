#include "base/controlled_delay.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace bazar {

ControlledDelay::ControlledDelay(ControlledDelayOptions options) : options_(options) {
  BAZAR_ASSERT(options_.interval > milliseconds::zero(), "a rate is measured over some time");
}

bool ControlledDelay::admits(SteadyTime now, std::size_t waiting) {
  if (!room_ || waiting < *room_) return true;
  pressed_at_ = now;
  return false;
}

void ControlledDelay::taken(SteadyTime now, std::size_t count, SteadyTime oldest, std::size_t left) {
  const bool too_long = count + left > options_.small_queue && now - oldest > options_.target;
  if (too_long) pressed_at_ = now;
  if (!too_long && (!room_ || now - pressed_at_ >= options_.interval)) {
    room_.reset();
    measured_since_.reset();
    return;
  }
  if (!measured_since_) {
    measured_since_ = now;
    taken_ = 0;
    return;
  }
  taken_ += count;
  if (now - *measured_since_ >= options_.interval) measure_rate(now);
}

void ControlledDelay::measure_rate(SteadyTime now) {
  const std::chrono::duration<double> elapsed = now - *measured_since_;
  const std::chrono::duration<double> target = options_.target;
  const double served_within_target = static_cast<double>(taken_) * (target / elapsed);
  room_ = std::max(options_.small_queue, static_cast<std::size_t>(served_within_target));
  measured_since_ = now;
  taken_ = 0;
}

}  // namespace bazar
