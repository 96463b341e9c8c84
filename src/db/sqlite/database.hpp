#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace bazar::db {

/// Whether a commit waits for the disk.
enum class Durability : std::uint8_t {
  full,  ///< WAL with synchronous=FULL: what is committed survives a power cut
  off,   ///< never waits: only for tests, which must then see commits lost
};

struct DatabaseOptions {
  std::string path;
  Durability durability = Durability::full;
  std::string vfs = {};  ///< name of a registered SQLite VFS; empty: the system's own
  /// A safety net for the moments in which SQLite itself takes a lock (recovery after a crash, the last
  /// connection closing); writers wait in the WriterLock.
  milliseconds busy_timeout{5'000};
  std::int64_t cache_kib = 8 * 1024;
  std::int64_t mmap_bytes = 256LL * 1024 * 1024;
  std::int64_t wal_pages = 4'000;  ///< the log is copied into the database when it has grown to this
};

/// The text of a statement: a literal, so that its address may stand for it in the cache of prepared
/// statements.
class Sql {
 public:
  consteval Sql(const char* literal)
      : text_(literal) {}  // NOLINT(google-explicit-constructor): reads as the text
  [[nodiscard]] const char* text() const { return text_; }

 private:
  const char* text_;
};

/// Bytes to bind; copied.
struct Blob {
  std::span<const std::uint8_t> bytes;
};

struct PreparedStatement {
  SQLite::Statement statement;
  bool in_use = false;
};

/// A prepared statement under way. Gives itself back, reset, when it goes. Its row's values hold until
/// `next`.
class Query {
 public:
  template <class... Values>
  explicit Query(PreparedStatement& prepared, const Values&... values) : Query(prepared, Claim{}) {
    check_count(sizeof...(Values));
    int index = 0;
    (bind(++index, values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Steps to the next row; false when there is none.
  bool next();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;

 private:
  struct Claim {};
  Query(PreparedStatement& prepared, Claim);
  void check_count(std::size_t values) const;
  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, std::int64_t{value}); }
  void bind(int index, double value);
  void bind(int index, const std::string& value);
  void bind(int index, Blob value);
  void bind(int index, std::nullopt_t);
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind(index, std::nullopt);
    }
  }

  PreparedStatement& prepared_;
};

/// One connection to an SQLite file, with its prepared statements. One thread at a time. Errors throw as
/// throw_database_error says.
class Database {
 public:
  /// Opens the file, making it where missing.
  explicit Database(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Starts a statement, prepared the first time that it is seen. A statement is not re-entrant: one Query of
  /// it at a time.
  template <class... Values>
  [[nodiscard]] Query query(Sql sql, const Values&... values) {
    return Query(prepared(sql), values...);
  }

  /// Runs a statement to its end; returns how many rows it changed.
  template <class... Values>
  std::int64_t run(Sql sql, const Values&... values) {
    Query running = query(sql, values...);
    while (running.next()) {
    }
    return changes();
  }

  /// Runs several statements, unprepared: schema and settings.
  void run_script(const std::string& sql);

  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] std::int64_t last_insert_id() const;

 private:
  [[nodiscard]] PreparedStatement& prepared(Sql sql);
  [[nodiscard]] std::int64_t changes() const;

  SQLite::Database connection_;
  std::unordered_map<const char*, std::unique_ptr<PreparedStatement>> statements_;
};

/// A transaction; rolls back when it goes without a commit.
class Transaction {
 public:
  enum class Kind : std::uint8_t {
    snapshot,  ///< reads only: sees the database as at its first statement
    write,     ///< takes SQLite's write lock at once, so that what it reads cannot change before it writes
  };
  Transaction(Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Where it throws, nothing was committed as far as SQLite knows; on a failing disk the outcome may be seen
  /// only after a restart.
  void commit();

 private:
  Database& database_;
};

}  // namespace bazar::db
