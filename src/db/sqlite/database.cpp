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

std::string_view text_of(sqlite3_value* stored) {
  const auto* text = static_cast<const char*>(sqlite3_value_blob(stored));
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(stored))};
}

sqlite3_destructor_type lifetime_of(Bound bound) {
  return bound == Bound::referenced ? SQLITE_STATIC : SQLITE_TRANSIENT;
}

}  // namespace

void PreparedStatement::Finalize::operator()(sqlite3_stmt* going) const { sqlite3_finalize(going); }

Query::Query(PreparedStatement& prepared, Bound bound, Claim) : prepared_(prepared), bound_(bound) {
  BAZAR_ASSERT(!prepared.in_use, "a prepared statement is run by one query at a time");
  prepared.in_use = true;
}

Query::~Query() {
  sqlite3_reset(prepared_.statement.get());  // says again what the last step said
  prepared_.in_use = false;
}

bool Query::next() {
  BAZAR_ASSERT(parameters_ == prepared_.parameters, "a parameter that is left out would keep its last value");
  BAZAR_ASSERT(!ended_, "SQLite would run it again");
  const int code = sqlite3_step(prepared_.statement.get());
  if (code == SQLITE_ROW) return true;
  ended_ = true;
  if (code != SQLITE_DONE) check(code);
  return false;
}

void Query::check(int code) const {
  if (code != SQLITE_OK) throw_database_error({sqlite3_db_handle(prepared_.statement.get()), code});
}

// Asked for once, where type, bytes and size of a column would each be looked for. SQLite does not protect it
// against other threads, of which a connection has none.
sqlite3_value* Query::value(int column) const {
  return sqlite3_column_value(prepared_.statement.get(), column);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(prepared_.statement.get(), column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(prepared_.statement.get(), column);
}

double Query::real(int column) const { return sqlite3_column_double(prepared_.statement.get(), column); }

std::string_view Query::text_view(int column) const { return text_of(value(column)); }

std::optional<std::string_view> Query::optional_text_view(int column) const {
  sqlite3_value* const stored = value(column);
  if (sqlite3_value_type(stored) == SQLITE_NULL) return std::nullopt;
  return text_of(stored);
}

std::optional<std::string> Query::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::span<const std::uint8_t> Query::blob(int column) const {
  sqlite3_value* const stored = value(column);
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_value_blob(stored));
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(stored))};
}

void Query::bind_next(std::int64_t value) {
  check(sqlite3_bind_int64(prepared_.statement.get(), ++parameters_, value));
}
void Query::bind_next(double value) {
  check(sqlite3_bind_double(prepared_.statement.get(), ++parameters_, value));
}
void Query::bind_next(const std::string& value) {
  check(sqlite3_bind_text(prepared_.statement.get(), ++parameters_, value.data(),
                          static_cast<int>(value.size()), lifetime_of(bound_)));
}
void Query::bind_next(Blob value) {
  check(sqlite3_bind_blob(prepared_.statement.get(), ++parameters_, value.bytes.data(),
                          static_cast<int>(value.bytes.size()), lifetime_of(bound_)));
}
void Query::bind_next(std::nullopt_t) { check(sqlite3_bind_null(prepared_.statement.get(), ++parameters_)); }

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

PreparedStatement& Database::prepared(Sql head, Sql tail, std::size_t rows, std::size_t columns) {
  auto& cached = of_rows_[{head.text(), tail.text(), rows, columns}];
  if (!cached) {
    const std::vector<std::string> values(columns, "?");
    const std::vector<std::string> tuples(rows, fmt::format("({})", fmt::join(values, ",")));
    cached = prepare(fmt::format("{} {} {}", head.text(), fmt::join(tuples, ","), tail.text()));
  }
  return *cached;
}

std::unique_ptr<PreparedStatement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.getHandle(), sql.c_str(), static_cast<int>(sql.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  auto prepared = std::make_unique<PreparedStatement>();
  prepared->statement.reset(statement);
  if (code != SQLITE_OK) throw_database_error({connection_.getHandle(), code});
  prepared->parameters = sqlite3_bind_parameter_count(statement);
  return prepared;
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
