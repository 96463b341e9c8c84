#include "cli/serve.hpp"

#include <pthread.h>

#include "base/failpoint.hpp"
#include "observe/log.hpp"

namespace bazar::cli {

StopSignals::StopSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

void StopSignals::wait() const {
  int signal = 0;
  while (::sigwait(&set_, &signal) != 0) {
  }
}

void StopSignals::next_one_kills() const {
  struct sigaction action = {};
  action.sa_handler = [](int) { ::_exit(exit_failed); };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
}

void arm_failpoints() {
  try {
    const std::string armed = failpoint::arm_from_environment();
    if (!armed.empty())
      observe::log_warning("failpoints are armed: this process is to fail on purpose",
                           {{"failpoints", armed}});
  } catch (const std::invalid_argument& malformed) {
    throw UsageError(malformed.what());
  }
}

}  // namespace bazar::cli
