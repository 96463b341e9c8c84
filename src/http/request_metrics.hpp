#pragma once

#include <prometheus/counter.h>

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "http/router.hpp"
#include "observe/metrics.hpp"

namespace bazar::http {

/// The instruments of one loop's requests. Each is asked for once, at its first use, so that a request costs
/// no look-up by name. Used on one loop.
class RequestMetrics {
 public:
  explicit RequestMetrics(observe::Metrics& metrics);

  /// A request was answered. `route` is null where none matched.
  void answered(const Route* route, unsigned status, SteadyTime::duration took);
  /// A request was refused before its handler ran.
  void rejected(std::string_view reason);
  void connections_changed(int by);
  /// No descriptor or memory for a connection that waits.
  void accept_failed() { accept_failures_.Increment(); }

 private:
  struct OfRoute {
    prometheus::Histogram* duration = nullptr;
    std::vector<std::pair<unsigned, prometheus::Counter*>> by_status;
  };
  prometheus::Counter& counter_of(OfRoute& instruments, const Route* route, unsigned status);

  observe::Metrics& metrics_;
  prometheus::Gauge& connections_;
  prometheus::Counter& accept_failures_;
  std::unordered_map<const Route*, OfRoute> routes_;
};

}  // namespace bazar::http
