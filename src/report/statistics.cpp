#include "report/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.hpp"

namespace bazar::report {
namespace {

constexpr double confidence = 0.95;

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double quantile_of_sorted(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - std::floor(place));
}

}  // namespace

double quantile(std::vector<double> values, double share) {
  BAZAR_ASSERT(!values.empty(), "nothing has no quantile");
  std::ranges::sort(values);
  return quantile_of_sorted(values, share);
}

Distribution describe(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  return {.count = values.size(),
          .mean = mean(values),
          .p50 = quantile_of_sorted(values, 0.5),
          .p90 = quantile_of_sorted(values, 0.9),
          .p99 = quantile_of_sorted(values, 0.99),
          .max = values.back()};
}

bool Estimate::is_bounded() const { return std::isfinite(low) && std::isfinite(high); }

Estimate estimate(std::span<const double> rounds) {
  BAZAR_ASSERT(!rounds.empty(), "an estimate needs a round");
  const double center = mean(rounds);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (rounds.size() == 1) return {center, -infinity, infinity};
  double squares = 0;
  for (const double value : rounds) squares += (value - center) * (value - center);
  const auto count = static_cast<double>(rounds.size());
  const double standard_error = std::sqrt(squares / (count - 1) / count);
  const boost::math::students_t distribution(count - 1);
  const double t = boost::math::quantile(distribution, (1 + confidence) / 2);
  return {center, center - t * standard_error, center + t * standard_error};
}

Estimate estimate_positive(std::span<const double> rounds) {
  std::vector<double> logarithms;
  logarithms.reserve(rounds.size());
  for (const double value : rounds) {
    BAZAR_ASSERT(value > 0, "the value has a logarithm");
    logarithms.push_back(std::log(value));
  }
  const Estimate logarithm = estimate(logarithms);
  return {std::exp(logarithm.value), std::exp(logarithm.low), std::exp(logarithm.high)};
}

Estimate paired_ratio(std::span<const double> a, std::span<const double> b) {
  BAZAR_ASSERT(a.size() == b.size(), "rounds of a pair belong together");
  std::vector<double> ratios;
  ratios.reserve(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  return estimate_positive(ratios);
}

}  // namespace bazar::report
