#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"

struct sqlite3_stmt;
struct sqlite3_value;

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

/// Bytes to bind.
struct Blob {
  std::span<const std::uint8_t> bytes;
};

/// An insert of many rows.
struct InsertSql {
  Sql head;       ///< `INSERT OR ROLLBACK INTO t(a, b) VALUES`
  Sql tail = "";  ///< `ON CONFLICT …`, where there is more to say
};

/// A query over many rows of values, which are a table to it.
struct LookupSql {
  Sql head;  ///< `WITH wanted(a, b) AS (VALUES`
  Sql tail;  ///< `) SELECT …`
};

// SQLiteCpp's own statement checks and counts a reference at each column of each row.
struct PreparedStatement {
  struct Finalize {
    void operator()(sqlite3_stmt* going) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement;
  int parameters = 0;
  bool in_use = false;
};

/// What becomes of the texts and bytes that are bound to a statement.
enum class Bound : std::uint8_t {
  copied,
  referenced,  ///< they must outlive the last step
};

/// A prepared statement under way. Gives itself back, reset, when it goes. Its row's values hold until
/// `next`.
class Query {
 public:
  template <class... Values>
  explicit Query(PreparedStatement& prepared, Bound bound, const Values&... values)
      : Query(prepared, bound, Claim{}) {
    bind(values...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Binds the parameters that follow those bound so far. All are bound before the first step.
  template <class... Values>
  void bind(const Values&... values) {
    (bind_next(values), ...);
  }

  /// Steps to the next row; false when there is none, after which it is not called again.
  bool next();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const { return std::string(text_view(column)); }
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  /// In SQLite's memory.
  [[nodiscard]] std::string_view text_view(int column) const;
  [[nodiscard]] std::optional<std::string_view> optional_text_view(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;

 private:
  struct Claim {};
  Query(PreparedStatement& prepared, Bound bound, Claim);
  [[nodiscard]] sqlite3_value* value(int column) const;
  /// Throws unless it is SQLITE_OK.
  void check(int code) const;
  void bind_next(std::int64_t value);
  void bind_next(int value) { bind_next(std::int64_t{value}); }
  void bind_next(double value);
  void bind_next(const std::string& value);
  void bind_next(const char*) = delete;  ///< would bind a string that is gone
  void bind_next(Blob value);
  void bind_next(std::nullopt_t);
  template <class T>
  void bind_next(const std::optional<T>& value) {
    if (value) {
      bind_next(*value);
    } else {
      bind_next(std::nullopt);
    }
  }

  PreparedStatement& prepared_;
  Bound bound_;
  int parameters_ = 0;  ///< bound so far
  bool ended_ = false;
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
    return Query(prepared(sql), Bound::copied, values...);
  }

  /// Runs a statement to its end; returns how many rows it changed.
  template <class... Values>
  std::int64_t run(Sql sql, const Values&... values) {
    Query running(prepared(sql), Bound::referenced, values...);
    while (running.next()) {
    }
    return changes();
  }

  /// Inserts a row for each item, in their order. `row_of(item)` is a tuple of its values, whose texts and
  /// bytes outlive the call. Rows share statements, which spares each of them a start and an end. Within a
  /// transaction, which a row that the schema refuses ends.
  template <std::ranges::forward_range Items, class RowOf>
  void insert_rows(const InsertSql& sql, Items&& items, const RowOf& row_of) {
    for_rows(sql.head, sql.tail, items, row_of, [](Query& running) { running.next(); });
  }

  /// Passes to `visit` each row that a query over the items' rows finds. Each item's row is as above, and
  /// they share statements likewise: it is no query whose result asks for all of them at once.
  template <std::ranges::forward_range Items, class RowOf, class Visit>
  void look_up_rows(const LookupSql& sql, Items&& items, const RowOf& row_of, const Visit& visit) {
    for_rows(sql.head, sql.tail, items, row_of, [&visit](Query& running) {
      while (running.next()) visit(std::as_const(running));
    });
  }

  /// Runs several statements, unprepared: schema and settings.
  void run_script(const std::string& sql);

  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] std::int64_t last_insert_id() const;

 private:
  static constexpr std::size_t max_rows_a_statement = 128;

  [[nodiscard]] PreparedStatement& prepared(Sql sql);
  [[nodiscard]] PreparedStatement& prepared(Sql head, Sql tail, std::size_t rows, std::size_t columns);
  [[nodiscard]] std::unique_ptr<PreparedStatement> prepare(const std::string& sql);
  [[nodiscard]] std::int64_t changes() const;

  /// Statements of 1, 2, 4 … rows: few to keep prepared, and few that any number needs.
  template <class Items, class RowOf, class Run>
  void for_rows(Sql head, Sql tail, Items& items, const RowOf& row_of, const Run& run) {
    constexpr std::size_t columns = std::tuple_size_v<decltype(row_of(*std::ranges::begin(items)))>;
    auto item = std::ranges::begin(items);
    for (auto left = static_cast<std::size_t>(std::ranges::distance(items)); left > 0;) {
      const std::size_t rows = std::min(std::bit_floor(left), max_rows_a_statement);
      Query running(prepared(head, tail, rows, columns), Bound::referenced);
      for (std::size_t row = 0; row < rows; ++row, ++item) {
        std::apply([&running](const auto&... values) { running.bind(values...); }, row_of(*item));
      }
      run(running);
      left -= rows;
    }
  }

  SQLite::Database connection_;
  std::unordered_map<const char*, std::unique_ptr<PreparedStatement>> statements_;
  /// By head, tail, rows and columns.
  std::map<std::tuple<const char*, const char*, std::size_t, std::size_t>, std::unique_ptr<PreparedStatement>>
      of_rows_;
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
