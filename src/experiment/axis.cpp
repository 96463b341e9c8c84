#include "experiment/axis.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace bazar::experiment {
namespace {

constexpr double wanted_ticks = 5;
constexpr double most_decades_with_halves = 3;
/// Of a step: what sums of steps may be off.
constexpr double slack = 1e-9;

/// 1, 2 or 5 times a power of ten, near `value`.
double nice(double value) {
  const double magnitude = std::pow(10, std::floor(std::log10(value)));
  const double fraction = value / magnitude;
  if (fraction < 1.5) return magnitude;
  if (fraction < 3) return 2 * magnitude;
  if (fraction < 7) return 5 * magnitude;
  return 10 * magnitude;
}

}  // namespace

Axis::Axis(double low, double high, Scaling scaling) : low_(low), high_(high), scaling_(scaling) {
  BAZAR_ASSERT(std::isfinite(low) && std::isfinite(high) && low <= high, "an axis goes from low to high");
  BAZAR_ASSERT(scaling == Scaling::linear || low > 0, "0 has no logarithm");
  if (low_ == high_) high_ = low_ == 0 ? 1 : low_ + std::abs(low_);
  if (scaling_ == Scaling::linear) {
    choose_linear_ticks();
  } else {
    choose_logarithmic_ticks();
  }
}

void Axis::choose_linear_ticks() {
  const double step = nice((high_ - low_) / wanted_ticks);
  low_ = std::floor(low_ / step + slack) * step;
  high_ = std::ceil(high_ / step - slack) * step;
  const auto steps = std::lround((high_ - low_) / step);
  const double first = std::round(low_ / step);
  for (long i = 0; i <= steps; ++i) ticks_.push_back((first + static_cast<double>(i)) * step);
}

void Axis::choose_logarithmic_ticks() {
  const bool halves = std::log10(high_ / low_) <= most_decades_with_halves;
  const int first = static_cast<int>(std::floor(std::log10(low_)));
  std::vector<double> candidates;
  for (int decade = first; candidates.empty() || candidates.back() < high_ * (1 - slack); ++decade) {
    const double base = std::pow(10, decade);
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor == 1 || halves) candidates.push_back(factor * base);
    }
  }
  // One tick at or below the least value, one at or above the greatest.
  const auto begin = std::prev(std::ranges::upper_bound(candidates, low_ * (1 + slack)));
  const auto end = std::next(std::ranges::lower_bound(candidates, high_ * (1 - slack)));
  ticks_.assign(begin, end);
  low_ = ticks_.front();
  high_ = ticks_.back();
}

double Axis::place(double value) const {
  if (scaling_ == Scaling::linear) return (value - low_) / (high_ - low_);
  return std::log(value / low_) / std::log(high_ / low_);
}

}  // namespace bazar::experiment
