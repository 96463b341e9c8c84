#pragma once

#include <span>
#include <string_view>

#include "db/sqlite/database.hpp"
#include "db/sqlite/writer_lock.hpp"

namespace bazar::db {

/// One step of a schema's history. Steps are only ever added at the end: a database's `user_version` counts
/// those that it has.
struct Migration {
  std::string_view name;
  std::string_view sql;
};

/// Turns on the write-ahead log and brings the schema up to date under the writers' lock, each step in a
/// transaction of its own. Throws `Unavailable` where the database is from a newer program.
void migrate(Database& database, WriterLock& lock, std::span<const Migration> steps);

}  // namespace bazar::db
