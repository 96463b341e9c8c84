#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "frontend/cache/cache_connection.hpp"
#include "frontend/cache/circuit_breaker.hpp"
#include "observe/metrics.hpp"

namespace bazar::frontend {

/// A cache server as all threads of the process use it: lookups bounded in time, puts that nobody waits for,
/// and a circuit breaker with a probe in the background. One connection on a loop and a thread of its own, so
/// that neither a slow server nor a blocking library delays a shopper's loop. While one exchange is under way
/// the next gathers. Thread-safe but for start and stop.
class CacheClient {
 public:
  struct Options {
    /// For a lookup, from when it is asked for: past it, the catalog would have answered by now.
    milliseconds patience{30};
    milliseconds probe_patience{500};  ///< for a probe, which may have to connect over a distance
    std::size_t max_lookups = 10'000;  ///< waiting at a time; more are misses
    std::size_t max_put_bytes = std::size_t{32} << 20;  ///< waiting at a time; more come to nothing
    CircuitBreaker::Options breaker = {};
  };
  CacheClient(const MakeCacheConnection& connection, Options options, observe::Metrics& metrics);
  ~CacheClient();
  CacheClient(const CacheClient&) = delete;
  CacheClient& operator=(const CacheClient&) = delete;

  /// Whether the server has answered lately. Otherwise lookups and puts come to nothing at once.
  [[nodiscard]] bool usable() const { return usable_; }

  /// Empty: not there, or not told in time. Never throws. Awaited on any loop, which outlives `stop`.
  Task<std::optional<std::string>> get(std::string key);
  /// False: comes to nothing for sure.
  bool put(CacheConnection::Put put);

  /// Answers all lookups with nothing, and from now on each at once. Idempotent.
  void stop();

 private:
  class Impl;
  std::atomic<bool> usable_ = false;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::frontend
