#pragma once

#include <mutex>

namespace bazar {

/// A mutex that nobody overtakes: a thread that has just let go of it and wants it again stands behind one
/// that waits (the turnstile of Morris's starvation-free mutex, 1979). Meets BasicLockable.
class FairMutex {
 public:
  void lock() {
    const std::lock_guard turn(turn_);
    mutex_.lock();
  }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex turn_;
  std::mutex mutex_;
};

}  // namespace bazar
