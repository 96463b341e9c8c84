#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "load/random.hpp"

namespace bazar::load {

using std::chrono::nanoseconds;

enum class ArrivalLaw : std::uint8_t {
  constant,  ///< evenly spaced
  poisson,   ///< memoryless: what many independent shoppers amount to
};
[[nodiscard]] std::string_view to_string(ArrivalLaw law);

/// When the requests of an open loop are due: an endless rising schedule that knows nothing of the servers,
/// the same for the same seed.
class Arrivals {
 public:
  /// `rate_per_s` > 0.
  Arrivals(ArrivalLaw law, double rate_per_s, std::uint64_t seed);

  /// Since the schedule's beginning.
  [[nodiscard]] nanoseconds next();

 private:
  const ArrivalLaw law_;
  const double gap_ns_;  ///< on average
  Random random_;
  /// In gaps, not nanoseconds: whole numbers under the constant law, so that nothing drifts.
  double at_ = 0;
};

}  // namespace bazar::load
