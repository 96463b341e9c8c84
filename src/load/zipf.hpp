#pragma once

#include <cstdint>

#include "load/random.hpp"

namespace bazar::load {

/// Ranks 1 to n with probability proportional to rank^-exponent, in constant time and memory whatever n:
/// rejection-inversion, W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone
/// discrete distributions", ACM TOMACS 6 (1996) 169–184.
class Zipf {
 public:
  /// `n` ≥ 1, `exponent` ≥ 0 (0: all alike).
  Zipf(std::uint64_t n, double exponent);

  [[nodiscard]] std::uint64_t draw(Random& random) const;

 private:
  [[nodiscard]] double height(double x) const;
  [[nodiscard]] double area(double x) const;
  [[nodiscard]] double area_inverse(double area) const;

  double n_;
  double exponent_;
  double first_area_;
  double last_area_;
  double squeeze_;
};

}  // namespace bazar::load
