#include "db/sqlite/migrations.hpp"

#include <fmt/format.h>

#include <mutex>

#include "base/errors.hpp"

namespace bazar::db {
namespace {

std::size_t schema_version(Database& database) {
  Query version = database.query("PRAGMA user_version");
  version.next();
  return static_cast<std::size_t>(version.integer(0));
}

void turn_on_wal(Database& database) {
  Query mode = database.query("PRAGMA journal_mode = WAL");
  mode.next();
  if (mode.text(0) != "wal")
    throw Unavailable("the database's file system does not support a write-ahead log");
}

}  // namespace

void migrate(Database& database, WriterLock& lock, std::span<const Migration> steps) {
  const std::lock_guard hold(lock);
  turn_on_wal(database);
  const std::size_t present = schema_version(database);
  if (present > steps.size()) {
    throw Unavailable(fmt::format(
        "the database was written by a newer program (its schema is version {}, this program knows {})",
        present, steps.size()));
  }
  for (std::size_t step = present; step < steps.size(); ++step) {
    Transaction transaction(database, Transaction::Kind::write);
    database.run_script(std::string(steps[step].sql));
    database.run_script(fmt::format("PRAGMA user_version = {}", step + 1));
    transaction.commit();
  }
}

}  // namespace bazar::db
