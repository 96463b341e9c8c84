#include "experiment/che_approximation.hpp"

#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>

#include "base/assert.hpp"

namespace bazar::experiment {

double characteristic_time(std::span<const double> popularity, std::size_t capacity) {
  BAZAR_ASSERT(capacity > 0 && capacity < popularity.size(),
               "some objects are in the cache and some are not");
  // How many more objects than fit are asked for within `time` requests: rises with it.
  const auto excess = [&](double time) {
    double present = 0;
    for (const double share : popularity) present -= std::expm1(-share * time);
    return present - static_cast<double>(capacity);
  };
  double above = static_cast<double>(capacity);
  while (excess(above) < 0) above *= 2;
  std::uintmax_t iterations = 200;
  const boost::math::tools::eps_tolerance<double> tolerance(40);
  const auto [low, high] = boost::math::tools::toms748_solve(excess, 0.0, above, tolerance, iterations);
  return (low + high) / 2;
}

double lru_hit_ratio(std::span<const double> popularity, std::size_t capacity) {
  if (capacity == 0) return 0;
  if (capacity >= popularity.size()) return 1;
  const double time = characteristic_time(popularity, capacity);
  double hits = 0;
  for (const double share : popularity) hits -= share * std::expm1(-share * time);
  return hits;
}

}  // namespace bazar::experiment
