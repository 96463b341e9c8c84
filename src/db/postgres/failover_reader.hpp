#pragma once

#include "db/postgres/barrier.hpp"
#include "observe/metrics.hpp"

namespace bazar::db::postgres {

struct FailoverReaderOptions {
  /// For the primary's answer, before it counts as away. Longer than any pause of a primary that is well;
  /// shoppers wait for it once in a failover.
  milliseconds primary_patience{1'000};
  milliseconds standby_patience{1'000};
  milliseconds probe_pause{100};  ///< between two tries whether a primary is back
};

/// Reads that a standby may answer while no primary does (docs/protocol.md, rule 10). The first that the
/// primary leaves without an answer finds it away; from then on they go to the standby at once, and a probe
/// asks behind the barrier until a primary answers again. Its patience is short, and a read that runs out of
/// time ends its session; so it has sessions of its own, in which nobody waits longer. On one loop; `metrics`
/// outlive it, and it outlives what runs on the loop.
class FailoverReader {
 public:
  /// `barrier` is the primary's; a standby has none.
  FailoverReader(LoopExecutor executor, ConnectionOptions primary, Barrier barrier, ConnectionOptions standby,
                 observe::Metrics& metrics, FailoverReaderOptions options = {});

  struct Outcome {
    Answer answer;
    bool from_standby = false;
  };
  /// Throws where neither answers, and Overloaded where the primary's queue is full: it is there.
  Task<Outcome> read(Pipeline pipeline);

  /// Ends the probe. What is under way, and what comes later, gets Unavailable.
  void stop();

 private:
  Task<std::optional<Answer>> ask_primary(Pipeline pipeline);
  void lose_primary();
  Task<void> await_primary();
  Task<bool> probe();

  BarrierReader primary_;
  BarrierReader standby_;
  const FailoverReaderOptions options_;
  LoopExecutor executor_;
  Timer probe_timer_;
  prometheus::Gauge& primary_answers_;
  bool away_ = false;
  bool stopped_ = false;
};

}  // namespace bazar::db::postgres
