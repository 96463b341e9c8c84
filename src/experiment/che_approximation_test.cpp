#include "experiment/che_approximation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <random>
#include <vector>

namespace bazar::experiment {
namespace {

std::vector<double> zipf(std::size_t objects, double exponent) {
  std::vector<double> popularity;
  double sum = 0;
  for (std::size_t rank = 1; rank <= objects; ++rank) {
    popularity.push_back(std::pow(static_cast<double>(rank), -exponent));
    sum += popularity.back();
  }
  for (double& share : popularity) share /= sum;
  return popularity;
}

/// The share of hits of a plain LRU, after a warm-up.
double simulate(const std::vector<double>& popularity, std::size_t capacity, int requests) {
  std::mt19937_64 random(7);
  std::discrete_distribution<std::size_t> draw(popularity.begin(), popularity.end());
  std::list<std::size_t> recent;
  int hits = 0;
  for (int i = -requests / 4; i < requests; ++i) {
    const std::size_t object = draw(random);
    const auto found = std::ranges::find(recent, object);
    if (found == recent.end()) {
      recent.push_front(object);
      if (recent.size() > capacity) recent.pop_back();
    } else {
      recent.splice(recent.begin(), recent, found);
      if (i >= 0) ++hits;
    }
  }
  return static_cast<double>(hits) / requests;
}

TEST(CheApproximation, equally_popular_objects_are_hit_by_the_share_that_fits) {
  const std::vector<double> equal(200, 1.0 / 200);
  EXPECT_NEAR(lru_hit_ratio(equal, 50), 0.25, 1e-9);
  EXPECT_NEAR(characteristic_time(equal, 100), 200 * std::log(2.0), 1e-6);
}

TEST(CheApproximation, nothing_fits_or_everything) {
  const auto popularity = zipf(10, 1);
  EXPECT_EQ(lru_hit_ratio(popularity, 0), 0);
  EXPECT_EQ(lru_hit_ratio(popularity, 10), 1);
  EXPECT_EQ(lru_hit_ratio(popularity, 11), 1);
}

TEST(CheApproximation, as_many_objects_as_fit_are_expected_within_the_characteristic_time) {
  for (const std::size_t capacity : {1U, 10U, 100U, 999U}) {
    const auto popularity = zipf(1'000, 0.8);
    const double time = characteristic_time(popularity, capacity);
    double present = 0;
    for (const double share : popularity) present += 1 - std::exp(-share * time);
    EXPECT_NEAR(present, static_cast<double>(capacity), 1e-6 * static_cast<double>(capacity));
  }
}

TEST(CheApproximation, a_larger_cache_is_hit_more_often) {
  const auto popularity = zipf(500, 0.9);
  double before = 0;
  for (std::size_t capacity = 1; capacity <= 500; capacity += 7) {
    const double ratio = lru_hit_ratio(popularity, capacity);
    EXPECT_GT(ratio, before);
    EXPECT_LT(ratio, 1);
    before = ratio;
  }
}

TEST(CheApproximation, agrees_with_a_simulated_cache) {
  for (const double exponent : {0.6, 0.9, 1.2}) {
    const auto popularity = zipf(300, exponent);
    for (const std::size_t capacity : {5U, 30U, 150U}) {
      EXPECT_NEAR(lru_hit_ratio(popularity, capacity), simulate(popularity, capacity, 100'000), 0.015)
          << exponent << " " << capacity;
    }
  }
}

}  // namespace
}  // namespace bazar::experiment
