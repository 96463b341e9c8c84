#include "catalog/writes/lease_wait.hpp"

namespace bazar::catalog {
namespace {

/// How often a writer that waits looks whether a death was reported to another process.
constexpr milliseconds reread_interval{100};

}  // namespace

void LeaseWait::report_death(const RetireMember& dead) {
  {
    const std::lock_guard hold(mutex_);
    deaths_.push_back(dead);
    reported_ = true;
  }
  news_.notify_one();
}

void LeaseWait::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  news_.notify_one();
}

bool LeaseWait::stopping() {
  const std::lock_guard hold(mutex_);
  return stopping_;
}

void LeaseWait::tell(WriteRound& round) {
  const std::lock_guard hold(mutex_);
  for (const RetireMember& dead : deaths_) round.died(dead.role, dead.name, dead.incarnation);
  deaths_.clear();
}

void LeaseWait::until(SteadyTime time, const WaitEnd& wait_end) {
  std::unique_lock hold(mutex_);
  for (SteadyTime now = clock_.now(); now < time; now = clock_.now()) {
    if (is_news(hold, std::min(time, now + reread_interval))) return;
    hold.unlock();
    time = std::min(time, wait_end());
    hold.lock();
  }
}

/// A death was reported here before that time.
bool LeaseWait::is_news(std::unique_lock<std::mutex>& hold, SteadyTime until) {
  news_.wait_for(hold, until - clock_.now(), [this] { return stopping_ || reported_; });
  if (stopping_) throw Unavailable("the store is stopping");
  return std::exchange(reported_, false);
}

}  // namespace bazar::catalog
