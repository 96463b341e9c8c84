#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace bazar::frontend {

/// Decides whether a server is asked. Open, which is how it begins, it is not: only a probe goes there now
/// and then, and one that succeeds closes it. Several failures in a row open it again. Pure; not thread-safe.
class CircuitBreaker {
 public:
  struct Options {
    unsigned failures = 3;         ///< in a row open it: one late answer is no outage
    milliseconds first_pause{50};  ///< before a probe; doubles with each that fails
    milliseconds longest_pause{1'000};
  };
  explicit CircuitBreaker(Options options) : options_(options) {}

  [[nodiscard]] bool closed() const { return closed_; }

  void succeeded() {
    closed_ = true;
    failures_ = 0;
    pause_ = milliseconds(0);
  }

  void failed() {
    if (closed_ && ++failures_ < options_.failures) return;
    pause_ = std::clamp(2 * pause_, options_.first_pause, options_.longest_pause);
    closed_ = false;
  }

  /// How long to wait before the next probe; 0 before the very first.
  [[nodiscard]] milliseconds pause() const { return pause_; }

 private:
  const Options options_;
  bool closed_ = false;
  unsigned failures_ = 0;
  milliseconds pause_{0};
};

}  // namespace bazar::frontend
