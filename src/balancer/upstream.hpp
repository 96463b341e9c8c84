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
  std::string service;                  ///< catalog or orders: for messages and metric labels
  BalancerOptions balancer = {};
  unsigned max_attempts = 4;            ///< of a request that may be repeated
  milliseconds attempt_timeout{3'000};  ///< of one attempt; a frozen replica must not use up the whole deadline
  milliseconds probe_interval{500};
};

/// One service behind several replicas: picks, sends, ejects, fails over. For the coroutines of one loop.
class Upstream {
 public:
  Upstream(Loop& loop, http::Client& client, UpstreamOptions options, observe::Metrics& metrics, const Clock& clock);
  ~Upstream();

  void set_replicas(std::vector<Replica> replicas);
  [[nodiscard]] std::vector<Replica> replicas() const;

  struct Answer {
    http::ClientResponse response;
    std::string replica;  ///< who answered
  };

  /// An idempotent request is tried on further replicas, within the deadline and the retry budget, when the connection fails, is lost or
  /// times out, and on 502, 503, 504 (between rounds over all replicas it waits 20 ms, doubling to 200 ms with jitter: one being restarted is soon back). One that is not
  /// idempotent is tried again only after ConnectFailed. Throws Unavailable ("no replica of … answers") or DeadlineExceeded.
  Task<Answer> send(http::ClientRequest request, SteadyTime deadline);

  /// Probes ejected replicas with `GET /healthz` until `stop`. Spawned once by the owner.
  void start_probes();
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::balancer
