#include "db/sqlite/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/assert.hpp"

namespace bazar::db {
namespace {

/// False: it would have to wait, and was told not to.
bool set_lock(int file, int operation) {
  while (::flock(file, operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    BAZAR_ASSERT(errno == EINTR, "flock on an open file only fails when a signal interrupts it");
  }
  return true;
}

}  // namespace

LockFile::LockFile(const std::string& path)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (file_ < 0) throw std::system_error(errno, std::generic_category(), path);
}

LockFile::~LockFile() { ::close(file_); }

void LockFile::lock() { set_lock(file_, LOCK_EX); }
bool LockFile::try_lock() { return set_lock(file_, LOCK_EX | LOCK_NB); }
void LockFile::lock_shared() { set_lock(file_, LOCK_SH); }
void LockFile::unlock() { set_lock(file_, LOCK_UN); }

}  // namespace bazar::db
