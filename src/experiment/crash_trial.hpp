#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/audit.hpp"
#include "experiment/laboratory.hpp"

namespace bazar::experiment {

/// When it was seen, in milliseconds since the kill, that the killed process …
struct Recovery {
  std::optional<double> noticed;    ///< was reaped by its supervisor
  std::optional<double> restarted;  ///< is listed under a new process id
  std::optional<double> answered;   ///< answers any request
  std::optional<double> ready;      ///< can serve: it reaches the other tiers or its database
  std::optional<double> cached;     ///< of a front-end: answers from its cache, under a new lease
};

/// What the stock says once everything is quiet.
struct StockCheck {
  std::int64_t sold = 0;          ///< what is missing of the stock
  std::int64_t acknowledged = 0;  ///< purchases that the load generator was told of
  std::int64_t unknown = 0;       ///< purchases whose answer it did not get
  [[nodiscard]] bool adds_up() const { return acknowledged <= sold && sold <= acknowledged + unknown; }
};

struct CrashTrial {
  double killed_at_ms = 0;  ///< on the time line of `load`
  Recovery recovery;
  load::Result load;
  audit::AuditOutcome audit;  ///< of a second load, by clients that record what they saw
  StockCheck stock;
  /// What copies disagree about, in words; empty where front-ends, catalogs and order services tell the same.
  std::vector<std::string> disagreements;
};

struct CrashPlan {
  std::string victim;  ///< the name of a server, such as `catalog-1`
  milliseconds kill_after;
  milliseconds duration;
  double rate_per_s;
};

/// Loads the store with lookups, searches and purchases by schedule, kills one of its processes with SIGKILL
/// in the midst of it, watches what becomes of it, and compares all copies afterwards. The store is one that
/// `bazar up` runs, stocked up.
[[nodiscard]] CrashTrial run_crash_trial(Laboratory& laboratory, const Store& store, const CrashPlan& plan);

}  // namespace bazar::experiment
