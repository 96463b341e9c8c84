#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bazar::load {
namespace {

// Values below 2^11 have a bucket each. Above, every doubling is divided into 2^10 buckets: 1/1024 of the
// value is less than a unit of its third significant digit.
constexpr unsigned unit_bits = 11;
constexpr std::uint64_t buckets_a_doubling = std::uint64_t{1} << (unit_bits - 1);
constexpr std::uint64_t longest = std::uint64_t{3'600} * 1'000'000'000;

constexpr std::size_t bucket_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= unit_bits) return value;
  const unsigned doublings = width - unit_bits;
  return doublings * buckets_a_doubling + (value >> doublings);
}

constexpr std::uint64_t greatest_in(std::size_t bucket) {
  if (bucket < 2 * buckets_a_doubling) return bucket;
  const std::uint64_t doublings = bucket / buckets_a_doubling - 1;
  const std::uint64_t place = bucket - doublings * buckets_a_doubling;
  return ((place + 1) << doublings) - 1;
}

constexpr std::size_t bucket_count = bucket_of(longest) + 1;

}  // namespace

Histogram::Histogram() : counts_(bucket_count) {}

void Histogram::record(nanoseconds value) {
  const auto exact = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  ++counts_[bucket_of(std::min(exact, longest))];
  ++count_;
  sum_ += exact;
  min_ = std::min(min_, exact);
  max_ = std::max(max_, exact);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  const std::size_t last = bucket_of(std::min(other.max_, longest));
  for (std::size_t i = bucket_of(std::min(other.min_, longest)); i <= last; ++i)
    counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
  if (count_ == 0) return;
  const auto at = [&](std::uint64_t value) {
    return counts_.begin() + static_cast<std::ptrdiff_t>(bucket_of(std::min(value, longest)));
  };
  std::fill(at(min_), at(max_) + 1, 0);
  count_ = sum_ = max_ = 0;
  min_ = UINT64_MAX;
}

nanoseconds Histogram::min() const { return nanoseconds(count_ == 0 ? 0 : min_); }

nanoseconds Histogram::mean() const { return nanoseconds(count_ == 0 ? 0 : sum_ / count_); }

nanoseconds Histogram::quantile(double quantile) const {
  if (count_ == 0) return nanoseconds(0);
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_)));
  const std::uint64_t rank = std::clamp<std::uint64_t>(wanted, 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = bucket_of(std::min(min_, longest)); i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return nanoseconds(std::min(greatest_in(i), max_));
  }
  return nanoseconds(max_);
}

}  // namespace bazar::load
