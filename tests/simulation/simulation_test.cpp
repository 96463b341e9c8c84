#include "simulation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace bazar::simulation {
namespace {

constexpr std::uint64_t shards = 8;

/// About a minute for all shards together, or ten when all is to be tested.
std::uint64_t seeds_in_shard() {
#ifdef BAZAR_SANITIZED
  const std::uint64_t seeds = 8;
#else
  const std::uint64_t seeds = 250;
#endif
  const char* full = std::getenv("BAZAR_TEST_FULL");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return full && *full ? seeds * 10 : seeds;
}

class Simulation : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Simulation, no_seed_breaks_the_promise_and_every_interesting_thing_happens) {
  Statistics sum;
  const std::uint64_t seeds = seeds_in_shard();
  for (std::uint64_t i = 0; i < seeds; ++i) {
    const Options options{.seed = 1 + GetParam() * 1'000'000 + i};
    const Result result = simulate(options);
    ASSERT_EQ(result.violation, "") << report_failure(options);
    sum += result.statistics;
  }
  print_table(sum);
  // A run in which nothing happens proves nothing. Rarest are those that need several faults at once.
  for_each(sum, [&](std::string_view name, std::int64_t count) {
    if (name == "histories_undecided") {
      EXPECT_EQ(count, 0);
    } else if (seeds >= 100) {
      EXPECT_GT(count, 10) << name;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Shards, Simulation, testing::Range<std::uint64_t>(0, shards));

TEST(SimulationReplay, a_seed_replays_exactly) {
  const Options options{.seed = 7, .tracing = Trace::Mode::last};
  const Result first = simulate(options);
  const Result second = simulate(options);
  EXPECT_EQ(first.trace, second.trace);
  EXPECT_FALSE(first.trace.empty());
  const Options other{.seed = 8, .tracing = Trace::Mode::last};
  EXPECT_NE(first.trace, simulate(other).trace);
}

TEST(SimulationReplay, tracing_changes_nothing) {
  Options options{.seed = 11};
  const Statistics untraced = simulate(options).statistics;
  options.tracing = Trace::Mode::last;
  const Statistics traced = simulate(options).statistics;
  EXPECT_EQ(untraced.steps, traced.steps);
  EXPECT_EQ(untraced.hits, traced.hits);
  EXPECT_EQ(untraced.messages_lost, traced.messages_lost);
}

}  // namespace
}  // namespace bazar::simulation
