#include "db/sqlite/writer_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/assert.hpp"

namespace bazar::db {
namespace {

int open_lock_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), path);
  return file;
}

void set_lock(int file, int operation) {
  while (::flock(file, operation) != 0) {
    BAZAR_ASSERT(errno == EINTR, "flock on an open file only fails when a signal interrupts it");
  }
}

}  // namespace

WriterLock::WriterLock(const std::string& database_path) : turn_(open_lock_file(database_path + ".turn")) {
  try {
    lock_ = open_lock_file(database_path + ".lock");
  } catch (...) {
    ::close(turn_);
    throw;
  }
}

WriterLock::~WriterLock() {
  ::close(lock_);
  ::close(turn_);
}

// Who waits for the lock waits in the turnstile, so that the process that has just unlocked queues behind it.
void WriterLock::lock() {
  set_lock(turn_, LOCK_EX);
  set_lock(lock_, LOCK_EX);
  set_lock(turn_, LOCK_UN);
}

void WriterLock::unlock() { set_lock(lock_, LOCK_UN); }

}  // namespace bazar::db
