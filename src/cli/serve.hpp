#pragma once

#include <fmt/format.h>

#include <unistd.h>
#include <csignal>
#include <cstdio>

#include "cli/failure.hpp"

namespace bazar::cli {

/// SIGINT and SIGTERM, blocked for this thread and all that it starts, to be waited for in one place.
class StopSignals {
 public:
  StopSignals();
  void wait() const;
  /// From now on another of them ends the process at once.
  void next_one_kills() const;

 private:
  sigset_t set_;
};

/// Arms what the environment asks for (base/failpoint.hpp), and says so in the log. Throws UsageError.
void arm_failpoints();

/// Runs one service process: starts it, says `ready URL` on standard output, stops it in order at the first
/// signal.
template <class Service, class Options>
int serve(Options options) {
  const StopSignals signals;
  arm_failpoints();
  Service service(std::move(options));
  service.start();
  fmt::print("ready {}\n", service.url());
  std::fflush(stdout);
  signals.wait();
  signals.next_one_kills();
  service.stop();
  return exit_done;
}

}  // namespace bazar::cli
