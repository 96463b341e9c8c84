#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "cli/copy/tables.hpp"

namespace bazar::cli {

struct TableCopy {
  std::string table;
  std::int64_t rows = 0;
  std::string digest;  ///< of all rows as text, in the order of their keys
};

/// Moves the tables of one service from an SQLite file to a PostgreSQL database whose schema is up to date,
/// in chunks of a transaction each. How far it got stands in the target (`copy_progress`), so that a copy
/// that was cut off goes on where it stopped. Nobody else may write to either meanwhile.
class Copier {
 public:
  using Report = std::function<void(const std::string& table, std::int64_t rows)>;

  Copier(db::Database& source, db::postgres::Connection& target, Report report);

  /// Before anything is copied: `tables` are all that will be. Throws Failure where the target holds rows
  /// that no copy brought.
  static Task<void> begin(db::postgres::Connection& target, std::span<const CopiedTable> tables);
  Task<std::int64_t> copy(const CopiedTable& table);
  /// Reads a table on both sides. Throws Failure where they differ.
  Task<TableCopy> verify(const CopiedTable& table);
  /// Forgets the progress: from now on the target is a store like any other.
  static Task<void> finish(db::postgres::Connection& target);

  static constexpr std::int64_t chunk_rows = 1'000;

 private:
  using Rows = std::vector<std::vector<std::optional<std::string>>>;  ///< a column after another

  Rows read_source(const CopiedTable& table, const std::string& after);
  static Task<Rows> read_target(db::postgres::Connection& target, const CopiedTable& table,
                                std::string after);
  Task<bool> write(const CopiedTable& table, Rows columns, std::int64_t total);
  Task<std::pair<std::string, std::int64_t>> progress(const CopiedTable& table);

  db::Database& source_;
  db::postgres::Connection& target_;
  Report report_;
};

}  // namespace bazar::cli
