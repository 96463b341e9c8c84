#pragma once

#include "audit/verdict.hpp"
#include "audit/workload.hpp"

namespace bazar::audit {

/// Looks at what a workload has left behind, once it is settled: all orders of its customers through every
/// front-end, the orders of up to `most_lookups` acknowledged purchases each through one front-end in turn,
/// and every book. Asks each for up to the workload's patience.
Task<Aftermath> collect_aftermath(Loop& loop, WorkloadOptions options, const Record& record);

inline constexpr std::size_t most_lookups = 5'000;

}  // namespace bazar::audit
