#include "experiment/in_words.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace bazar::experiment {
namespace {

TEST(InWords, a_difference_is_claimed_only_beyond_the_interval) {
  EXPECT_EQ(compare_times("info uncached", "cached", {3.123, 2.9, 3.4}),
            "info uncached takes 3.12 times as long as cached (95 %: 2.9 to 3.4)");
  EXPECT_EQ(compare_times("a", "b", {1.05, 0.9, 1.2}),
            "between a and b no difference can be told from the noise (ratio 1.05; 95 %: 0.9 to 1.2)");
}

TEST(InWords, a_single_round_proves_nothing) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(compare_times("a", "b", {9, -infinity, infinity}),
            "between a and b no difference can be told from the noise (ratio 9; a single round)");
  EXPECT_EQ(with_interval({2, -infinity, infinity}, "ms"), "2 ms (a single round)");
}

TEST(InWords, percent_of_a_share) {
  EXPECT_EQ(percent(0.3712), "37.1 %");
  EXPECT_EQ(percent(0), "0 %");
}

}  // namespace
}  // namespace bazar::experiment
