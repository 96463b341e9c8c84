#include "load/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace bazar::load {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, is_empty_at_first) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), 0ns);
  EXPECT_EQ(histogram.mean(), 0ns);
  EXPECT_EQ(histogram.quantile(0.99), 0ns);
}

TEST(Histogram, keeps_small_values_exactly) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(nanoseconds(i));
  EXPECT_EQ(histogram.quantile(0), 1ns);
  EXPECT_EQ(histogram.quantile(0.5), 50ns);
  EXPECT_EQ(histogram.quantile(0.991), 100ns);
  EXPECT_EQ(histogram.quantile(1), 100ns);
  EXPECT_EQ(histogram.mean(), 50ns);
}

TEST(Histogram, keeps_three_digits_of_any_value) {
  for (std::int64_t value = 1; value < 3'600'000'000'000; value = value * 17 / 16 + 1) {
    Histogram histogram;
    histogram.record(nanoseconds(value));
    histogram.record(1h);  // or the maximum would bound what is returned
    const auto found = histogram.quantile(0.5).count();
    EXPECT_GE(found, value);
    EXPECT_LE(static_cast<double>(found - value), static_cast<double>(value) / 1'000);
  }
}

TEST(Histogram, agrees_with_sorted_values) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latency(13, 2);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::int64_t>(latency(random)));
    histogram.record(nanoseconds(values.back()));
  }
  std::ranges::sort(values);
  for (const double quantile : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(quantile * 20'000)) - 1;
    const auto exact = static_cast<double>(values.at(rank));
    EXPECT_NEAR(static_cast<double>(histogram.quantile(quantile).count()), exact, exact / 1'000 + 1);
  }
}

TEST(Histogram, bounds_what_is_too_long_but_not_its_maximum) {
  Histogram histogram;
  histogram.record(5h);
  histogram.record(-3ns);
  EXPECT_EQ(histogram.max(), 5h);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_GE(histogram.quantile(1), 1h);
}

TEST(Histogram, merged_is_as_if_all_were_recorded_in_one) {
  Histogram left;
  Histogram right;
  Histogram both;
  for (int i = 0; i < 1'000; ++i) {
    const auto value = nanoseconds(i * i * 7);
    (i % 3 == 0 ? left : right).record(value);
    both.record(value);
  }
  left.merge(right);
  left.merge(Histogram());
  EXPECT_EQ(left.count(), both.count());
  EXPECT_EQ(left.mean(), both.mean());
  EXPECT_EQ(left.min(), both.min());
  for (const double quantile : {0.1, 0.5, 0.9, 1.0})
    EXPECT_EQ(left.quantile(quantile), both.quantile(quantile));
}

TEST(Histogram, cleared_is_empty) {
  Histogram histogram;
  histogram.record(3s);
  histogram.record(2h);
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0U);
  histogram.record(1ns);
  EXPECT_EQ(histogram.quantile(1), 1ns);
  EXPECT_EQ(histogram.max(), 1ns);
}

}  // namespace
}  // namespace bazar::load
