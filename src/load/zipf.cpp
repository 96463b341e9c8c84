#include "load/zipf.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace bazar::load {
namespace {

// Both have a removable singularity at 0, which an exponent of 1 meets.
constexpr double tiny = 1e-8;

/// log(1 + x) / x
double log1p_over(double x) { return std::abs(x) > tiny ? std::log1p(x) / x : 1 - x / 2; }
/// (e^x - 1) / x
double expm1_over(double x) { return std::abs(x) > tiny ? std::expm1(x) / x : 1 + x / 2; }

}  // namespace

// The paper's names: h is height(), H is area(), its integral; s is squeeze_.
Zipf::Zipf(std::uint64_t n, double exponent)
    : n_(static_cast<double>(n)),
      exponent_(exponent),
      first_area_(area(1.5) - 1),
      last_area_(area(n_ + 0.5)),
      squeeze_(2 - area_inverse(area(2.5) - height(2))) {
  BAZAR_ASSERT(n >= 1 && exponent >= 0, "ranks begin at 1 and never rise in probability");
}

std::uint64_t Zipf::draw(Random& random) const {
  while (true) {
    const double under = last_area_ + draw_unit(random) * (first_area_ - last_area_);
    const double x = area_inverse(under);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (rank - x <= squeeze_ || under >= area(rank + 0.5) - height(rank)) {
      return static_cast<std::uint64_t>(rank);
    }
  }
}

double Zipf::height(double x) const { return std::exp(-exponent_ * std::log(x)); }

double Zipf::area(double x) const {
  const double log_x = std::log(x);
  return expm1_over((1 - exponent_) * log_x) * log_x;
}

double Zipf::area_inverse(double area) const {
  // Rounding may lead just below -1, where no logarithm is.
  const double t = std::max(area * (1 - exponent_), -1.0);
  return std::exp(log1p_over(t) * area);
}

}  // namespace bazar::load
