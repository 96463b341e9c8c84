#pragma once

#include <random>

namespace bazar::load {

/// Where all chance of a run comes from: the same seed draws the same, whatever the standard library.
using Random = std::mt19937_64;

/// Even over [0, 1).
[[nodiscard]] inline double draw_unit(Random& random) {
  return static_cast<double>(random() >> 11) * 0x1p-53;
}

}  // namespace bazar::load
