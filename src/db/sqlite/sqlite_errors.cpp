#include "db/sqlite/sqlite_errors.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <string_view>

#include "base/errors.hpp"

namespace bazar::db {
namespace {

/// Empty: not an outage.
std::string_view describe_outage(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return "the database's disk is full";
    case SQLITE_IOERR:
      return "the database's disk fails";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return "the database is locked by another program";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "the database file is damaged, or is no database";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "the database cannot be opened";
    case SQLITE_READONLY:
      return "the database is read-only";
    case SQLITE_NOMEM:
      return "the database is out of memory";
    default:
      return {};
  }
}

}  // namespace

void throw_database_error(const SQLite::Exception& error) {
  const std::string_view outage = describe_outage(error.getErrorCode());
  if (outage.empty()) throw error;
  throw Unavailable(
      fmt::format("{} ({}, SQLite code {})", outage, error.what(), error.getExtendedErrorCode()));
}

}  // namespace bazar::db
