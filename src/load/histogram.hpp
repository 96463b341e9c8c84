#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace bazar::load {

using std::chrono::nanoseconds;

/// Counts of durations from 0 to an hour in buckets whose width grows with the value, so that every value is
/// kept to three significant digits (at most 0.1 % off) in a memory that does not depend on how many there
/// are. Longer ones count as the longest; `max` stays exact. Recording neither allocates nor searches.
/// After G. Tene's HdrHistogram (hdrhistogram.org). Not thread-safe.
class Histogram {
 public:
  Histogram();

  void record(nanoseconds value);
  void merge(const Histogram& other);
  /// Costs as much as the span of what was recorded.
  void clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Exact; 0 while nothing was recorded.
  [[nodiscard]] nanoseconds min() const;
  [[nodiscard]] nanoseconds max() const { return nanoseconds(max_); }
  [[nodiscard]] nanoseconds mean() const;
  /// The least value that at least the share `quantile` (0 to 1) of those recorded does not exceed, to three
  /// digits, rounded up; 0 while nothing was recorded.
  [[nodiscard]] nanoseconds quantile(double quantile) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
};

}  // namespace bazar::load
