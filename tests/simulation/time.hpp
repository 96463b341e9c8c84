#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace bazar::simulation {

using std::chrono::microseconds;

/// True time, which no process can read. A type of its own, so that it is never taken for a clock reading.
struct TrueTime {
  using duration = microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<TrueTime>;
  static constexpr bool is_steady = true;
};
using Instant = TrueTime::time_point;

/// As the histories have it: one clock, common to all clients.
[[nodiscard]] inline SteadyTime to_history(Instant instant) { return SteadyTime(instant.time_since_epoch()); }

/// A process's clock: of its own start, its own rate, and read in ticks.
struct LocalClock {
  microseconds offset{0};
  std::int64_t rate_error_ppm = 0;
  microseconds tick{1};

  [[nodiscard]] SteadyTime read(Instant instant) const {
    const std::int64_t passed = instant.time_since_epoch().count();
    const std::int64_t shown = offset.count() + passed + passed * rate_error_ppm / 1'000'000;
    return SteadyTime(microseconds(shown / tick.count() * tick.count()));
  }
  /// How long `shown` on this clock truly takes; rounded up, so that who waits for it gets on.
  [[nodiscard]] microseconds truly(microseconds shown) const {
    return microseconds(shown.count() * 1'000'000 / (1'000'000 + rate_error_ppm) + 1);
  }
};

}  // namespace bazar::simulation
