#include "report/axis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace bazar::report {
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

TEST(Axis, of_shares_is_placed_by_what_is_left_to_one) {
  const Axis axis(0, 0.9993, Scaling::nines);
  EXPECT_THAT(axis.ticks(), Pointwise(DoubleEq(), {0.0, 0.9, 0.99, 0.999, 0.9999}));
  EXPECT_DOUBLE_EQ(axis.place(0), 0);
  EXPECT_NEAR(axis.place(0.9), 0.25, 1e-12);
  EXPECT_NEAR(axis.place(1 - std::sqrt(0.1)), 0.125, 1e-12);
  EXPECT_NEAR(axis.place(0.999), 0.75, 1e-12);
  EXPECT_DOUBLE_EQ(axis.place(0.9999), 1);
}

TEST(Axis, of_shares_keeps_bounds_that_are_nines) {
  EXPECT_THAT(Axis(0, 0.999, Scaling::nines).ticks(), Pointwise(DoubleEq(), {0.0, 0.9, 0.99, 0.999}));
  EXPECT_THAT(Axis(0.99, 0.999, Scaling::nines).ticks(), Pointwise(DoubleEq(), {0.99, 0.999}));
  EXPECT_THAT(Axis(0.95, 0.97, Scaling::nines).ticks(), Pointwise(DoubleEq(), {0.9, 0.99}));
}

TEST(Axis, of_one_share_has_a_length) {
  EXPECT_THAT(Axis(0, 0, Scaling::nines).ticks(), Pointwise(DoubleEq(), {0.0, 0.9}));
  const double greatest = std::nextafter(1.0, 0.0);
  const Axis axis(greatest, greatest, Scaling::nines);
  EXPECT_LT(axis.low(), axis.high());
  EXPECT_TRUE(std::isfinite(axis.place(greatest)));
}

TEST(Axis, labels_its_ticks) {
  const auto labels = [](const Axis& axis) {
    std::vector<std::string> found;
    for (const double tick : axis.ticks()) found.push_back(axis.label(tick));
    return found;
  };
  EXPECT_THAT(labels(Axis(0, 8'700)), ElementsAre("0", "2,000", "4,000", "6,000", "8,000", "10,000"));
  EXPECT_THAT(labels(Axis(0.03, 40, Scaling::logarithmic)), ElementsAre("0.01", "0.1", "1", "10", "100"));
  EXPECT_THAT(labels(Axis(0, 0.999'999, Scaling::nines)),
              ElementsAre("0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"));
}

TEST(Axis, no_share_below_one_is_called_all) {
  const Axis axis(0, 0.9999, Scaling::nines);
  EXPECT_EQ(axis.label(0.5), "50 %");
  EXPECT_EQ(axis.label(0.995), "99.5 %");
  EXPECT_EQ(axis.label(0.9996), "99.96 %");
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

TEST(Axis, of_shares_covers_its_values_with_rising_ticks) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> nines(0, 12);
  for (int i = 0; i < 10'000; ++i) {
    const auto [low, high] =
        std::minmax({1 - std::pow(10, -nines(random)), 1 - std::pow(10, -nines(random))});
    const Axis axis(low, high, Scaling::nines);
    EXPECT_GE(axis.place(low), -1e-6);
    EXPECT_LE(axis.place(high), 1 + 1e-6);
    EXPECT_GE(axis.ticks().size(), 2U) << low << " … " << high;
    EXPECT_LE(axis.ticks().size(), 14U) << low << " … " << high;
    EXPECT_TRUE(std::ranges::is_sorted(axis.ticks()));
  }
}

}  // namespace
}  // namespace bazar::report
