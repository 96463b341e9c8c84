#include "report/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "report/readable.hpp"

namespace bazar::report {
namespace {

constexpr double wanted_ticks = 5;
constexpr double most_decades_with_halves = 3;
/// Of a step: what sums of steps may be off.
constexpr double slack = 1e-9;

/// 0 of 0, 1 of 0.9, 2 of 0.99.
double nines_of(double share) { return -std::log10(1 - share); }

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
  BAZAR_ASSERT(scaling != Scaling::logarithmic || low > 0, "0 has no logarithm");
  BAZAR_ASSERT(scaling != Scaling::nines || (low >= 0 && high < 1), "a share, and something is left to 1");
  switch (scaling_) {
    case Scaling::linear:
      choose_linear_ticks();
      break;
    case Scaling::logarithmic:
      choose_logarithmic_ticks();
      break;
    case Scaling::nines:
      choose_nines();
      break;
  }
}

void Axis::choose_linear_ticks() {
  if (low_ == high_) high_ = low_ == 0 ? 1 : low_ + std::abs(low_);
  const double step = nice((high_ - low_) / wanted_ticks);
  low_ = std::floor(low_ / step + slack) * step;
  high_ = std::ceil(high_ / step - slack) * step;
  const auto steps = std::lround((high_ - low_) / step);
  const double first = std::round(low_ / step);
  for (long i = 0; i <= steps; ++i) ticks_.push_back((first + static_cast<double>(i)) * step);
}

void Axis::choose_logarithmic_ticks() {
  if (low_ == high_) high_ = 2 * low_;
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

void Axis::choose_nines() {
  const auto first = std::lround(std::floor(nines_of(low_) + slack));
  const auto last = std::max(std::lround(std::ceil(nines_of(high_) - slack)), first + 1);
  for (long nines = first; nines <= last; ++nines)
    ticks_.push_back(1 - std::pow(10, -static_cast<double>(nines)));
  low_ = ticks_.front();
  high_ = ticks_.back();
}

double Axis::scaled(double value) const {
  switch (scaling_) {
    case Scaling::linear:
      return value;
    case Scaling::logarithmic:
      return std::log10(value);
    case Scaling::nines:
      return nines_of(value);
  }
  return value;
}

double Axis::place(double value) const {
  return (scaled(value) - scaled(low_)) / (scaled(high_) - scaled(low_));
}

std::string Axis::label(double value) const {
  if (scaling_ != Scaling::nines) return readable(value);
  // Two nines are in the whole part of a percentage. Rounded to fewer digits than its nines, it would be 100.
  const auto digits = std::max(0L, std::lround(std::ceil(nines_of(value) - slack)) - 2);
  return fmt::format("{:.{}f} %", 100 * value, digits);
}

}  // namespace bazar::report
