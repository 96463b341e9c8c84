#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.hpp"
#include "load/histogram.hpp"
#include "load/mix.hpp"

namespace bazar::load {

/// What became of the requests of one kind that were due in the measured interval. Each is counted once,
/// under `statuses` or a failure.
struct OperationResult {
  /// From when a request was due to its last byte: of those that the store decided (2xx, and refused).
  Histogram latency;
  Histogram shed_latency;  ///< of 429 and 503

  std::uint64_t succeeded = 0;   ///< 2xx
  std::uint64_t refused = 0;     ///< 403, in a purchase: out of stock
  std::uint64_t shed = 0;        ///< 429, 503: come again later
  std::uint64_t unexpected = 0;  ///< any other status
  std::uint64_t timed_out = 0;   ///< no answer within the plan's timeout
  std::uint64_t lost = 0;        ///< the connection ended, or what came was not HTTP

  // By Cache-Status (RFC 9211), of the answers that have one.
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t bypasses = 0;

  void merge(const OperationResult& other);
  [[nodiscard]] std::uint64_t failed() const { return unexpected + timed_out + lost; }
  [[nodiscard]] std::uint64_t total() const { return succeeded + refused + shed + failed(); }
};

/// One step of the time line: what happened in it, whenever that was due.
struct Sample {
  milliseconds at{0};  ///< its beginning, since the measured interval's: negative in the warm-up
  std::uint64_t succeeded = 0;
  std::uint64_t refused = 0;
  std::uint64_t shed = 0;
  std::uint64_t failed = 0;
  std::uint64_t dropped = 0;
  std::size_t backlog = 0;    ///< requests that wait for a connection, at its end
  std::size_t connected = 0;  ///< connections, at its end
  // Of what the store decided, in nanoseconds; 0 where that was nothing.
  nanoseconds p50{0};
  nanoseconds p99{0};
  nanoseconds max{0};
};

struct Result {
  std::array<OperationResult, operations.size()> by_operation;
  std::map<unsigned, std::uint64_t> statuses;
  std::uint64_t dropped = 0;  ///< due while the backlog was full: never sent

  milliseconds measured{0};  ///< the plan's duration, less where the run was stopped early
  double answers_per_s = 0;  ///< of any status, by when they came
  double goodput_per_s = 0;  ///< of 2xx

  std::uint64_t connects = 0;  ///< connections made, the first ones included
  std::uint64_t connect_failures = 0;
  /// Processor time of the generator, as a share of one core. Near 1 it measured itself.
  double generator_cpu = 0;
  /// Open loop: how long after they were due requests were sent for which a connection was free.
  Histogram send_lag;

  /// The whole run, warm-up included.
  std::vector<Sample> samples;

  [[nodiscard]] const OperationResult& of(Operation operation) const {
    return by_operation.at(static_cast<std::size_t>(operation));
  }
  [[nodiscard]] OperationResult all() const;
};

}  // namespace bazar::load
