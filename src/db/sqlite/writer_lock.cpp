#include "db/sqlite/writer_lock.hpp"

namespace bazar::db {

WriterLock::WriterLock(const std::string& database_path)
    : turn_(database_path + ".turn"), lock_(database_path + ".lock") {}

// Who waits for the lock waits in the turnstile, so that the process that has just unlocked queues behind it.
void WriterLock::lock() {
  turn_.lock();
  lock_.lock();
  turn_.unlock();
}

void WriterLock::unlock() { lock_.unlock(); }

}  // namespace bazar::db
