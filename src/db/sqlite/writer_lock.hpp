#pragma once

#include <string>

namespace bazar::db {

/// Orders the writers of several processes on one SQLite file, by `flock` on two files beside it: nobody
/// polls as SQLite's busy handler does, and a process that has just written cannot overtake one that waits
/// (the turnstile of Morris's starvation-free mutex, 1979). The kernel frees both locks when a process dies.
/// One writing thread a process.
class WriterLock {
 public:
  /// Opens `<database>.lock` and `<database>.turn`, making them where missing. Throws std::system_error.
  explicit WriterLock(const std::string& database_path);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

  void lock();  ///< blocks
  void unlock();

 private:
  int turn_ = -1;
  int lock_ = -1;
};

}  // namespace bazar::db
