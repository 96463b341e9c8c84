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
/// another process has learned of, the end of the store. Thread-safe.
class LeaseWait {
 public:
  explicit LeaseWait(const Clock& clock) : clock_(clock) {}

  void report_death(const RetireMember& dead);
  /// The wait under way, and any later one, ends with Unavailable.
  void stop();
  [[nodiscard]] bool stopping();

  /// Tells the round of the deaths reported since the last call.
  void tell(WriteRound& round);

  using ReadHolders = std::function<std::vector<LeaseHolder>()>;
  /// Until that time, or until a death was reported here; reads the holders anew every 100 ms.
  void until(SteadyTime time, const WriteRound& round, const ReadHolders& read_holders);

 private:
  [[nodiscard]] bool is_news(std::unique_lock<std::mutex>& hold, SteadyTime until);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable news_;
  bool stopping_ = false;
  std::vector<RetireMember> deaths_;
};

}  // namespace bazar::catalog
