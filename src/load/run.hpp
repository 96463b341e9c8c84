#pragma once

#include <functional>
#include <stop_token>

#include "load/plan.hpp"
#include "load/result.hpp"

namespace bazar::load {

/// Told of each step of the time line when it has ended, on the run's thread: what it takes delays requests.
using Observer = std::function<void(const Sample&)>;

/// Puts the load of `plan` on its targets from the calling thread, and returns when the last answer came or
/// timed out. It connects first; that time belongs to no interval. Ends early, with what was measured until
/// then, once `stop` is requested (safe in a signal handler's thread). Throws Unavailable where none of the
/// connections can be made, std::invalid_argument where the plan lacks what its mix needs.
[[nodiscard]] Result run(const Plan& plan, const Observer& observer = {}, std::stop_token stop = {});

}  // namespace bazar::load
