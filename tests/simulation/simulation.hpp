#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker.hpp"
#include "rules.hpp"
#include "statistics.hpp"
#include "trace.hpp"

namespace bazar::simulation {

struct Options {
  std::uint64_t seed = 1;
  std::int64_t steps = 20'000;  ///< events, at least: a run ends when all has become well again
  Rules rules = {};
  Checks checks = {};
  Trace::Mode tracing = Trace::Mode::off;
};

struct Result {
  std::string violation;  ///< empty: none
  Statistics statistics;
  std::vector<std::string> trace;  ///< what happened last, where it was traced
  double longest_recovery = 0;     ///< in leases: from the end of faults to hits and writes everywhere
};

/// Runs one seed. The same options give the same result.
[[nodiscard]] Result simulate(const Options& options);
/// In words, with what happened last: of a seed that failed, which is run once more for that.
[[nodiscard]] std::string report_failure(Options options);

}  // namespace bazar::simulation
