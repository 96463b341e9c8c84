#pragma once

#include <span>
#include <string>
#include <string_view>

#include "db/postgres/connection.hpp"

namespace bazar::db::postgres {

/// One step of a schema's history. Steps are only ever added at the end, and leave in place what the programs
/// of earlier ones use: in a rolling upgrade those go on running (docs/runbook.md).
struct Migration {
  std::string_view name;
  std::string_view sql;
};

/// Brings the schema of `component` up to date, in one transaction under a lock that processes take in turn;
/// the table `schema_migrations` counts the steps that it has. Where nothing is missing it only reads. Throws
/// Unavailable where the database is from a newer program, and where it cannot be written: read-only, or
/// without the right to create tables.
Task<void> migrate(Connection& connection, std::string component, std::span<const Migration> steps,
                   SteadyTime deadline);

}  // namespace bazar::db::postgres
