#pragma once

#include <string>

namespace bazar::db {

/// A file beside a database, locked with `flock` on an open file of its own: the kernel frees the lock when
/// the process dies. Made where missing, closed at the end. Not thread-safe.
class LockFile {
 public:
  /// Throws std::system_error.
  explicit LockFile(const std::string& path);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  void lock();                    ///< blocks until nobody else holds it
  [[nodiscard]] bool try_lock();  ///< false at once where somebody else holds it
  /// Together with others that share; gives up being the only one. Blocks while somebody holds it alone.
  void lock_shared();
  void unlock();

 private:
  int file_ = -1;
};

}  // namespace bazar::db
