#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "catalog/client.hpp"
#include "observe/metrics.hpp"
#include "orders/store.hpp"

namespace bazar::orders {

struct ReconcilerOptions {
  milliseconds interval{1'000};       ///< between rounds that found something, or failed
  milliseconds idle_interval{2'000};  ///< after a round that found nothing
  milliseconds round_deadline{5'000};
  std::size_t page = 500;  ///< sales a round
};

/// Finishes what a crash left out: asks the catalog for sales not yet reported as projected, inserts their
/// orders and reports them. Any number of replicas may do so at once, since inserting and reporting again
/// change nothing. On one loop.
class Reconciler {
 public:
  Reconciler(Loop& loop, catalog::Client catalog, Store& store, const Clock& clock, observe::Metrics& metrics,
             ReconcilerOptions options = {});
  ~Reconciler();  ///< stops
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  /// Runs rounds until `stop`. An outage is logged and tried again. Call once.
  void start();
  void stop();  ///< on the loop, or when it does not run

  /// One round; how many sales it found. Throws what the catalog or the store throws.
  Task<std::size_t> run_once();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::orders
