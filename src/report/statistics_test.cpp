#include "report/statistics.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

namespace bazar::report {
namespace {

TEST(Statistics, quantiles_lie_between_neighbours) {
  const std::vector<double> values{4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 3.7);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 4);
  EXPECT_DOUBLE_EQ(quantile({7}, 0.99), 7);
}

TEST(Statistics, a_distribution_of_a_hundred_values) {
  std::vector<double> values;
  for (int i = 100; i >= 0; --i) values.push_back(i);
  const Distribution distribution = describe(values);
  EXPECT_EQ(distribution.count, 101U);
  EXPECT_DOUBLE_EQ(distribution.mean, 50);
  EXPECT_DOUBLE_EQ(distribution.p50, 50);
  EXPECT_DOUBLE_EQ(distribution.p90, 90);
  EXPECT_DOUBLE_EQ(distribution.p99, 99);
  EXPECT_DOUBLE_EQ(distribution.max, 100);
  EXPECT_EQ(describe({}).count, 0U);
}

// Student 1908, the extra hours of sleep: mean 0.75, standard deviation 1.789, t(0.975, 9) = 2.262.
TEST(Statistics, the_interval_is_that_of_the_textbook) {
  const std::array sleep{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
  const Estimate hours = estimate(sleep);
  EXPECT_NEAR(hours.value, 0.75, 1e-9);
  EXPECT_NEAR(hours.low, -0.530, 0.001);
  EXPECT_NEAR(hours.high, 2.030, 0.001);
}

TEST(Statistics, one_round_tells_nothing_of_the_spread) {
  const std::array once{3.0};
  const Estimate estimated = estimate(once);
  EXPECT_DOUBLE_EQ(estimated.value, 3);
  EXPECT_FALSE(estimated.is_bounded());
  EXPECT_TRUE(estimated.contains(-1e300));
}

TEST(Statistics, the_interval_of_a_positive_value_is_positive) {
  const std::array times{1.0, 1.0, 100.0};
  EXPECT_LT(estimate(times).low, 0);
  EXPECT_GT(estimate_positive(times).low, 0);
  EXPECT_NEAR(estimate_positive(times).value, std::cbrt(100.0), 1e-9);
}

TEST(Statistics, a_ratio_of_pairs_ignores_what_both_rounds_suffered) {
  const std::array slow{2.0, 20.0, 200.0};
  const std::array quick{1.0, 10.0, 100.0};
  const Estimate ratio = paired_ratio(slow, quick);
  EXPECT_NEAR(ratio.value, 2, 1e-12);
  EXPECT_NEAR(ratio.low, 2, 1e-9);
  EXPECT_NEAR(ratio.high, 2, 1e-9);
}

TEST(Statistics, a_ratio_turned_over_is_its_inverse) {
  const std::array a{2.0, 3.0, 5.0};
  const std::array b{1.0, 2.0, 2.0};
  const Estimate ratio = paired_ratio(a, b);
  const Estimate inverse = paired_ratio(b, a);
  EXPECT_NEAR(ratio.value * inverse.value, 1, 1e-12);
  EXPECT_NEAR(ratio.low * inverse.high, 1, 1e-12);
}

TEST(Statistics, the_interval_covers_the_truth_about_as_often_as_it_says) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(10, 3);
  constexpr int trials = 4'000;
  int covered = 0;
  for (int i = 0; i < trials; ++i) {
    std::array<double, 5> rounds{};
    for (double& round : rounds) round = noise(random);
    if (estimate(rounds).contains(10)) ++covered;
  }
  EXPECT_NEAR(static_cast<double>(covered) / trials, 0.95, 0.015);
}

}  // namespace
}  // namespace bazar::report
