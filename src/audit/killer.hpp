#pragma once

#include <sys/types.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"

namespace bazar::audit {

/// A process that may be killed.
struct Victim {
  std::string role;  ///< `frontend`, …; empty where the user named a bare process id
  std::string name;
  pid_t pid = 0;
};

struct Kill {
  Victim victim;
  milliseconds at{};  ///< since the killing began
};

/// Whom it may hit now; asked anew before each kill, because what is killed comes back as another process.
/// Where it cannot be told at the moment, nobody.
using Victims = std::function<std::vector<Victim>()>;

struct KillerOptions {
  Victims victims;
  milliseconds every{2'000};  ///< on average
  /// Each process id once at most. Otherwise a name may be hit again and again.
  bool once_each = false;
  std::uint64_t seed = 1;
};

/// Sends SIGKILL at random moments to one process after another; of several roles to each as often as to the
/// others. Only to processes that `victims` names, and where it names a role, only to one whose command line
/// has that word, so that a stale list does not hit a stranger with the same number.
class Killer {
 public:
  Killer(Loop& loop, KillerOptions options);

  Task<> run();  ///< until `stop`
  void stop();
  [[nodiscard]] const std::vector<Kill>& kills() const { return kills_; }

 private:
  void kill_one();
  [[nodiscard]] std::vector<Victim> candidates();

  KillerOptions options_;
  std::mt19937_64 random_;
  Timer timer_;
  SteadyTime begin_;
  bool stopping_ = false;
  std::vector<Kill> kills_;
};

}  // namespace bazar::audit
