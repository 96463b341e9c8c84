#pragma once

#include <memory>
#include <string>
#include <vector>

#include "balancer/balancer.hpp"
#include "balancer/retry_budget.hpp"
#include "http/client.hpp"
#include "observe/metrics.hpp"

namespace bazar::balancer {

struct UpstreamOptions {
  std::string service = {};  ///< catalog or orders: for messages and metric labels
  BalancerOptions balancer = {};
  /// Of a request that may be repeated; those that could not connect do not count.
  unsigned max_attempts = 4;
  /// Rounds over all replicas; between them it waits 20 ms, doubling to 200 ms, with jitter. Together about
  /// two seconds: in that time one that is being restarted is back, or its new address has been learned.
  unsigned max_rounds = 14;
  /// Of one attempt of a request that may be repeated: a frozen replica must not use up the whole deadline.
  milliseconds attempt_timeout{3'000};
  /// Read from an ejected replica; status 200 brings it back. For requests of which one that lives may be
  /// incapable: what only a capable one answers, or it comes back again and again, to fail them.
  std::string probe_target = "/healthz";
  milliseconds probe_interval{500};
  milliseconds probe_timeout{1'000};
};

/// One service behind several replicas: picks, sends, ejects, fails over. For the coroutines of one loop.
/// `client`, `metrics` and `clock` outlive this; coroutines that are still suspended in `send` may outlive
/// it.
class Upstream {
 public:
  Upstream(Loop& loop, http::Client& client, UpstreamOptions options, observe::Metrics& metrics,
           const Clock& clock);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  /// One whose URL is none is left out, with a line in the log.
  void set_replicas(std::vector<Replica> replicas);
  [[nodiscard]] std::vector<Replica> replicas() const;
  [[nodiscard]] std::size_t replica_count() const;
  [[nodiscard]] LoopExecutor executor() const;

  struct Answer {
    http::ClientResponse response;
    std::string replica;  ///< who answered
    /// 503 `/problems/overloaded` from each replica that was reached: nothing was done.
    bool overloaded = false;
  };

  /// An idempotent request is tried on further replicas, within the deadline and the retry budget, when the
  /// connection fails, is lost or times out, and on 502, 503, 504. Failed connections cost nothing of the
  /// budget: nothing was sent. A request that is not idempotent is tried again only after ConnectFailed. When
  /// the tries are used up, the last 502, 503 or 504 is the answer where there was one. Throws Unavailable
  /// ("no replica of … answers") or DeadlineExceeded; of a request that is not idempotent also
  /// ConnectionLost.
  Task<Answer> send(http::ClientRequest request, SteadyTime deadline);

  /// Probes ejected replicas until `stop`. Called once by the owner, on the loop.
  void start_probes();
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// Throws what an answer of an unexpected status stands for: Overloaded or Unavailable.
[[noreturn]] void throw_outage(const Upstream::Answer& answer);

}  // namespace bazar::balancer
