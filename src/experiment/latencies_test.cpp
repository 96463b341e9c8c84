#include "experiment/latencies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bazar::experiment {
namespace {

Latencies two_setups() {
  Latencies latencies({"A", "B"}, {"read", "write"});
  for (std::size_t round = 0; round < 3; ++round) {
    const double slower = 1 + static_cast<double>(round);
    for (const double ms : {1.0, 2.0, 9.0}) {
      latencies.add(round, 0, 0, slower * ms);
      latencies.add(round, 1, 0, 3 * slower * ms);
      latencies.add(round, 0, 1, ms);
      latencies.add(round, 1, 1, ms + 0.5);
    }
  }
  return latencies;
}

TEST(Latencies, medians_are_of_rounds_and_distributions_of_all) {
  const Latencies latencies = two_setups();
  EXPECT_THAT(latencies.medians(0, 0), testing::ElementsAre(2, 4, 6));
  EXPECT_NEAR(latencies.median(0, 0).value, std::cbrt(2 * 4 * 6), 1e-12);
  EXPECT_EQ(latencies.distribution(0, 0).count, 9U);
  EXPECT_DOUBLE_EQ(latencies.distribution(0, 0).max, 27);
}

TEST(Latencies, ratios_and_differences_are_of_the_same_round) {
  const Latencies latencies = two_setups();
  EXPECT_NEAR(latencies.ratio(1, 0, 0).low, 3, 1e-9);
  EXPECT_NEAR(latencies.ratio(1, 0, 0).high, 3, 1e-9);
  EXPECT_NEAR(latencies.difference(1, 0, 1).low, 0.5, 1e-9);
  EXPECT_NEAR(latencies.difference(1, 0, 1).high, 0.5, 1e-9);
}

TEST(Latencies, the_table_has_a_row_for_each_operation_and_setup) {
  const Table table = latency_table(two_setups(), "name", "Caption.");
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(std::get<std::string>(table.rows[1][0]), "read");
  EXPECT_EQ(std::get<std::string>(table.rows[1][1]), "B");
  EXPECT_EQ(std::get<double>(table.rows[1][2]), 9);
}

}  // namespace
}  // namespace bazar::experiment
