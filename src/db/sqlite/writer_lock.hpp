#pragma once

#include <string>

#include "db/sqlite/lock_file.hpp"

namespace bazar::db {

/// Orders the writers of several processes on one SQLite file, by `flock` on two files beside it: nobody
/// polls as SQLite's busy handler does, and a process that has just written cannot overtake one that waits
/// (the turnstile of Morris's starvation-free mutex, 1979). The kernel frees both locks when a process dies.
/// One writing thread a process.
class WriterLock {
 public:
  /// Opens `<database>.lock` and `<database>.turn`, making them where missing. Throws std::system_error.
  explicit WriterLock(const std::string& database_path);

  void lock();  ///< blocks
  void unlock();

 private:
  LockFile turn_;
  LockFile lock_;
};

}  // namespace bazar::db
