#include "db/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/assert.hpp"
#include "db/sqlite/sqlite_errors.hpp"

namespace bazar::db {
namespace {

// SQLiteCpp's exceptions become the store's own in one place.
template <class Action>
decltype(auto) translated(Action&& action) {
  try {
    return action();
  } catch (const SQLite::Exception& error) {
    throw_database_error(error);
  }
}

// SQLite's memory statistics cost a process-wide mutex at each allocation. Refused, harmlessly, where SQLite
// is in use already.
void turn_off_memory_statistics() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)once;
}

SQLite::Database open(const DatabaseOptions& options) {
  turn_off_memory_statistics();
  return translated([&] {
    return SQLite::Database(options.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
                            static_cast<int>(options.busy_timeout.count()), options.vfs);
  });
}

}  // namespace

Query::Query(PreparedStatement& prepared, Bound bound, Claim) : prepared_(prepared), bound_(bound) {
  BAZAR_ASSERT(!prepared.in_use, "a prepared statement is run by one query at a time");
  prepared.in_use = true;
}

Query::~Query() {
  prepared_.statement.tryReset();
  prepared_.in_use = false;
}

bool Query::next() {
  BAZAR_ASSERT(parameters_ == prepared_.parameters, "a parameter that is left out would keep its last value");
  return translated([&] { return prepared_.statement.executeStep(); });
}

bool Query::is_null(int column) const { return prepared_.statement.isColumnNull(column); }

std::int64_t Query::integer(int column) const { return prepared_.statement.getColumn(column).getInt64(); }

double Query::real(int column) const { return prepared_.statement.getColumn(column).getDouble(); }

std::string Query::text(int column) const { return prepared_.statement.getColumn(column).getString(); }

std::optional<std::string> Query::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::span<const std::uint8_t> Query::blob(int column) const {
  const SQLite::Column value = prepared_.statement.getColumn(column);
  const auto* bytes = static_cast<const std::uint8_t*>(value.getBlob());
  return {bytes, static_cast<std::size_t>(value.getBytes())};
}

void Query::bind_next(std::int64_t value) { prepared_.statement.bind(++parameters_, value); }
void Query::bind_next(double value) { prepared_.statement.bind(++parameters_, value); }
void Query::bind_next(const std::string& value) {
  if (bound_ == Bound::referenced) {
    prepared_.statement.bindNoCopy(++parameters_, value);
  } else {
    prepared_.statement.bind(++parameters_, value);
  }
}
void Query::bind_next(Blob value) {
  const int bytes = static_cast<int>(value.bytes.size());
  if (bound_ == Bound::referenced) {
    prepared_.statement.bindNoCopy(++parameters_, value.bytes.data(), bytes);
  } else {
    prepared_.statement.bind(++parameters_, value.bytes.data(), bytes);
  }
}
void Query::bind_next(std::nullopt_t) { prepared_.statement.bind(++parameters_); }

Database::Database(const DatabaseOptions& options) : connection_(open(options)) {
  run_script(fmt::format(
      "PRAGMA foreign_keys = ON; PRAGMA synchronous = {}; PRAGMA cache_size = -{}; PRAGMA mmap_size = {};"
      "PRAGMA wal_autocheckpoint = {}; PRAGMA journal_size_limit = {}; PRAGMA temp_store = MEMORY;",
      options.durability == Durability::full ? "FULL" : "OFF", options.cache_kib, options.mmap_bytes,
      options.wal_pages, options.wal_pages * 4096));
}

Database::~Database() = default;

PreparedStatement& Database::prepared(Sql sql) {
  auto& cached = statements_[sql.text()];
  if (!cached) cached = prepare(sql.text());
  return *cached;
}

PreparedStatement& Database::prepared(const InsertSql& sql, std::size_t rows, std::size_t columns) {
  auto& cached = inserts_[{sql.head.text(), rows}];
  if (!cached) {
    const std::vector<std::string> values(columns, "?");
    const std::vector<std::string> tuples(rows, fmt::format("({})", fmt::join(values, ",")));
    cached = prepare(fmt::format("{} {} {}", sql.head.text(), fmt::join(tuples, ","), sql.tail.text()));
  }
  return *cached;
}

std::unique_ptr<PreparedStatement> Database::prepare(const std::string& sql) {
  return translated([&] {
    SQLite::Statement statement(connection_, sql);
    const int parameters = statement.getBindParameterCount();
    return std::unique_ptr<PreparedStatement>(new PreparedStatement{std::move(statement), parameters});
  });
}

void Database::run_script(const std::string& sql) {
  translated([&] { connection_.exec(sql); });
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_.getHandle()) == 0; }

std::int64_t Database::last_insert_id() const { return connection_.getLastInsertRowid(); }

std::int64_t Database::changes() const { return connection_.getChanges(); }

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  BAZAR_ASSERT(!database.in_transaction(), "transactions do not nest");
  if (kind == Kind::write) {
    database.run("BEGIN IMMEDIATE");
  } else {
    database.run("BEGIN");
  }
}

Transaction::~Transaction() {
  if (!database_.in_transaction()) return;
  try {
    database_.run("ROLLBACK");
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // SQLite has then rolled back by itself, or does so when the connection closes: no other outcome is
    // possible.
  }
}

void Transaction::commit() { database_.run("COMMIT"); }

}  // namespace bazar::db
