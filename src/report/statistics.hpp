#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bazar::report {

/// The value below which a share of `values` lies, interpolated between neighbours (Hyndman and Fan 1996,
/// type 7). `values` is not empty, in any order; `share` is 0 … 1.
[[nodiscard]] double quantile(std::vector<double> values, double share);

/// What is told of many measurements of the same thing, in their unit.
struct Distribution {
  std::size_t count = 0;
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
};
/// All zero where there are no values.
[[nodiscard]] Distribution describe(std::vector<double> values);

/// A value that was measured in several rounds, and where it lies with 95 % confidence. The interval is
/// infinite where there was one round only: nothing is known then of how much it varies.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;

  [[nodiscard]] bool is_bounded() const;
  [[nodiscard]] bool contains(double other) const { return low <= other && other <= high; }
};

/// The mean of the rounds with Student's t interval. A round is a batch of many measurements, summarized by
/// its median or its rate: neighbours in time depend on each other, rounds that are some seconds apart much
/// less (method of batch means, Law 2015, chapter 9). `rounds` is not empty.
[[nodiscard]] Estimate estimate(std::span<const double> rounds);

/// The same for values that cannot be negative, such as times and rates: the geometric mean of the rounds,
/// the interval computed on logarithms. All positive.
[[nodiscard]] Estimate estimate_positive(std::span<const double> rounds);

/// How many times as large `a` is as `b`: `estimate_positive` of a[i] / b[i]. Rounds of a pair were measured
/// next to each other, so that what the machine did meanwhile cancels out. Both have the same number of
/// rounds, at least one, and only positive values.
[[nodiscard]] Estimate paired_ratio(std::span<const double> a, std::span<const double> b);

}  // namespace bazar::report
