#include "load/arrivals.hpp"

#include <cmath>

#include "base/assert.hpp"

namespace bazar::load {

std::string_view to_string(ArrivalLaw law) { return law == ArrivalLaw::constant ? "constant" : "poisson"; }

Arrivals::Arrivals(ArrivalLaw law, double rate_per_s, std::uint64_t seed)
    : law_(law), gap_ns_(1e9 / rate_per_s), random_(seed) {
  BAZAR_ASSERT(rate_per_s > 0, "a schedule without arrivals never comes to its next one");
}

nanoseconds Arrivals::next() {
  at_ += law_ == ArrivalLaw::constant ? 1 : -std::log1p(-draw_unit(random_));
  return nanoseconds(static_cast<std::int64_t>(at_ * gap_ns_));
}

}  // namespace bazar::load
