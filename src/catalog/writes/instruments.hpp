#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include "base/clock.hpp"
#include "observe/metrics.hpp"

namespace bazar::catalog {

/// What a writer tells of itself, whichever engine is behind it.
struct WriterInstruments {
  explicit WriterInstruments(observe::Metrics& metrics)
      : batch_size(metrics.histogram("bazar_committer_batch_size", "Write requests in one transaction.", {},
                                     {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
        queue_depth(
            metrics.gauge("bazar_committer_queue_depth", "Write requests that wait for their batch.")),
        commit(metrics.histogram("bazar_commit_duration_seconds",
                                 "Time of a write batch, from the first request taken to all durable.")),
        invalidation(metrics.histogram("bazar_invalidation_duration_seconds",
                                       "Time in which the front-ends approve a write batch.")),
        revoked(metrics.counter("bazar_members_revoked_total",
                                "Front-ends that did not approve a write batch.")) {}

  prometheus::Histogram& batch_size;
  prometheus::Gauge& queue_depth;
  prometheus::Histogram& commit;
  prometheus::Histogram& invalidation;
  prometheus::Counter& revoked;
};

/// Observes how long it lives.
class Stopwatch {
 public:
  Stopwatch(prometheus::Histogram& histogram, const Clock& clock)
      : histogram_(histogram), clock_(clock), start_(clock.now()) {}
  ~Stopwatch() { histogram_.Observe(std::chrono::duration<double>(clock_.now() - start_).count()); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  prometheus::Histogram& histogram_;
  const Clock& clock_;
  SteadyTime start_;
};

}  // namespace bazar::catalog
