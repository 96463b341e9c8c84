#include "experiment/axis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace bazar::experiment {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::Pointwise;

TEST(Axis, is_widened_to_round_numbers) {
  const Axis axis(0, 8.7);
  EXPECT_THAT(axis.ticks(), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_DOUBLE_EQ(axis.place(0), 0);
  EXPECT_DOUBLE_EQ(axis.place(5), 0.5);
  EXPECT_DOUBLE_EQ(axis.place(10), 1);
}

TEST(Axis, keeps_bounds_that_are_round) {
  EXPECT_THAT(Axis(0, 100).ticks(), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(Axis(0, 0.5).ticks(), Pointwise(DoubleEq(), {0.0, 0.1, 0.2, 0.3, 0.4, 0.5}));
}

TEST(Axis, of_one_value_has_a_length) {
  EXPECT_GT(Axis(0, 0).high(), 0);
  EXPECT_GT(Axis(3, 3).high(), 3);
}

TEST(Axis, logarithmic) {
  const Axis axis(10, 800, Scaling::logarithmic);
  EXPECT_THAT(axis.ticks(), Pointwise(DoubleEq(), {10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0}));
  EXPECT_NEAR(axis.place(100), 0.5, 1e-12);
}

TEST(Axis, logarithmic_over_many_decades_has_a_tick_each) {
  EXPECT_THAT(Axis(0.03, 4'000, Scaling::logarithmic).ticks(),
              Pointwise(testing::DoubleNear(1e-9), {0.01, 0.1, 1.0, 10.0, 100.0, 1'000.0, 10'000.0}));
}

TEST(Axis, covers_its_values_with_a_handful_of_rising_ticks) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> number(-1'000, 1'000);
  for (int i = 0; i < 10'000; ++i) {
    const double low = number(random);
    const double high = low + std::exp(number(random) / 100);
    const Axis axis(low, high);
    EXPECT_GE(axis.place(low), -1e-6);
    EXPECT_LE(axis.place(high), 1 + 1e-6);
    EXPECT_GE(axis.ticks().size(), 3U) << low << " … " << high;
    EXPECT_LE(axis.ticks().size(), 12U) << low << " … " << high;
    EXPECT_TRUE(std::ranges::is_sorted(axis.ticks()));
  }
}

TEST(Axis, logarithmic_covers_its_values) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-7, 7);
  for (int i = 0; i < 10'000; ++i) {
    const double low = std::exp(exponent(random));
    const double high = low * (1 + std::exp(exponent(random)));
    const Axis axis(low, high, Scaling::logarithmic);
    EXPECT_GE(axis.place(low), -1e-6);
    EXPECT_LE(axis.place(high), 1 + 1e-6);
    EXPECT_GE(axis.ticks().size(), 2U) << low << " … " << high;
    EXPECT_LE(axis.ticks().size(), 14U) << low << " … " << high;
  }
}

}  // namespace
}  // namespace bazar::experiment
