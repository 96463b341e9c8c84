#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "load/arrivals.hpp"
#include "load/mix.hpp"
#include "load/plan.hpp"
#include "load/popularity.hpp"
#include "load/zipf.hpp"

namespace bazar::load {
namespace {

using namespace std::chrono_literals;

// Seeds are fixed: what is random elsewhere is the same in each run here.

/// Pearson's statistic of counts against shares, over its degrees of freedom: near 1 where they agree.
double chi_squared_per_degree(const std::vector<int>& counts, const std::vector<double>& shares) {
  const double draws = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  double statistic = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = draws * shares[i] / sum;
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return statistic / static_cast<double>(counts.size() - 1);
}

class ZipfTest : public testing::TestWithParam<double> {};

TEST_P(ZipfTest, draws_each_rank_as_often_as_the_law_says) {
  constexpr std::size_t n = 50;
  const double exponent = GetParam();
  const Zipf zipf(n, exponent);
  Random random(42);
  std::vector<int> counts(n);
  for (int i = 0; i < 500'000; ++i) ++counts.at(zipf.draw(random) - 1);
  std::vector<double> shares;
  for (std::size_t rank = 1; rank <= n; ++rank)
    shares.push_back(std::pow(static_cast<double>(rank), -exponent));
  // 49 degrees of freedom: above 1.75 once in a thousand.
  EXPECT_LT(chi_squared_per_degree(counts, shares), 1.75);
}

INSTANTIATE_TEST_SUITE_P(Exponents, ZipfTest, testing::Values(0, 0.5, 0.99, 1, 1.01, 2));

TEST(Zipf, stays_within_its_ranks) {
  for (const std::uint64_t n : {1ULL, 2ULL, 3ULL, 10'000'000'000ULL}) {
    Random random(1);
    const Zipf zipf(n, 0.99);
    for (int i = 0; i < 10'000; ++i) {
      const std::uint64_t rank = zipf.draw(random);
      EXPECT_GE(rank, 1U);
      EXPECT_LE(rank, n);
    }
  }
}

TEST(Popularity, follows_weights) {
  const std::vector<double> weights{5, 0, 1, 94};
  Popularity popularity = Popularity::weighted(weights);
  Random random(3);
  std::vector<int> counts(4);
  for (int i = 0; i < 100'000; ++i) ++counts.at(popularity.draw(random));
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[0], 5'000, 300);
  EXPECT_NEAR(counts[2], 1'000, 150);
}

TEST(Arrivals, constant_ones_are_even_and_do_not_drift) {
  Arrivals arrivals(ArrivalLaw::constant, 3, 1);
  EXPECT_EQ(arrivals.next(), 333'333'333ns);
  EXPECT_EQ(arrivals.next(), 666'666'666ns);
  nanoseconds last{0};
  for (int i = 3; i <= 3'000'000; ++i) last = arrivals.next();
  EXPECT_NEAR(static_cast<double>(last.count()), 1e15, 1);
}

TEST(Arrivals, poisson_ones_have_exponential_gaps) {
  constexpr int count = 200'000;
  Arrivals arrivals(ArrivalLaw::poisson, 1'000, 5);
  nanoseconds before{0};
  int above_mean = 0;
  for (int i = 0; i < count; ++i) {
    const nanoseconds at = arrivals.next();
    EXPECT_GE(at, before);
    if (at - before > 1ms) ++above_mean;
    before = at;
  }
  EXPECT_NEAR(static_cast<double>(before.count()), count * 1e6, count * 1e6 * 0.01);
  EXPECT_NEAR(above_mean, count * std::exp(-1), count * 0.005);
}

TEST(Arrivals, are_the_same_for_the_same_seed) {
  Arrivals first(ArrivalLaw::poisson, 100, 9);
  Arrivals again(ArrivalLaw::poisson, 100, 9);
  Arrivals other(ArrivalLaw::poisson, 100, 10);
  EXPECT_EQ(first.next(), again.next());
  EXPECT_NE(first.next(), other.next());
}

TEST(Mix, has_the_shares_that_its_name_stands_for) {
  const std::map<std::string_view, double> ordering{{"browse", 0.05}, {"shop", 0.2}, {"order", 0.5},
                                                    {"lookup", 0},    {"search", 0}, {"purchase", 1.0},
                                                    {"hot", 0.2}};
  for (const auto& [name, share] : ordering) {
    const auto mix = find_mix(name);
    ASSERT_TRUE(mix) << name;
    EXPECT_EQ(mix->name, name);
    Random random(1);
    int purchases = 0;
    for (int i = 0; i < 100'000; ++i) purchases += draw(*mix, random) == Operation::purchase ? 1 : 0;
    EXPECT_NEAR(purchases, share * 100'000, 600) << name;
  }
  EXPECT_FALSE(find_mix("buy"));
}

TEST(ShuffledBooks, has_each_once_in_an_order_of_the_seed) {
  const auto books = shuffled_books(1'000, 1);
  EXPECT_EQ(std::set<BookId>(books.begin(), books.end()).size(), 1'000U);
  EXPECT_EQ(books, shuffled_books(1'000, 1));
  EXPECT_NE(books, shuffled_books(1'000, 2));
  EXPECT_TRUE(shuffled_books(0, 1).empty());
}

}  // namespace
}  // namespace bazar::load
