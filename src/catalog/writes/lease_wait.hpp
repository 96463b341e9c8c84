#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "base/errors.hpp"
#include "catalog/coherence/write_round.hpp"
#include "catalog/writes/requests.hpp"

namespace bazar::catalog {

/// A writer's wait for leases to run out, and what cuts it short: a death that was reported here, one that
/// another process has learned of, the end of the store. Thread-safe; one thread waits at a time.
class LeaseWait {
 public:
  explicit LeaseWait(const Clock& clock) : clock_(clock) {}

  void report_death(const RetireMember& dead);
  /// The wait under way, and any later one, ends with Unavailable.
  void stop();
  [[nodiscard]] bool stopping();

  /// Tells the round of the deaths reported since the last call.
  void tell(WriteRound& round);

  /// Reads the holders anew, and says by WriteRound::wait_end until when a wait is owed.
  using WaitEnd = std::function<SteadyTime()>;
  /// Until that time, or until a death was reported here; asks for the end anew every 100 ms.
  void until(SteadyTime time, const WaitEnd& wait_end);

 private:
  [[nodiscard]] bool is_news(std::unique_lock<std::mutex>& hold, SteadyTime until);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable news_;
  bool stopping_ = false;
  bool reported_ = false;  ///< a death, since the last wait ended
  std::vector<RetireMember> deaths_;
};

}  // namespace bazar::catalog
