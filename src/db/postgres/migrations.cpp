#include "db/postgres/migrations.hpp"

#include <fmt/format.h>

namespace bazar::db::postgres {
namespace {

constexpr Statement find_table{"migrations_table", "SELECT to_regclass('schema_migrations') IS NOT NULL"};
constexpr Statement count_steps{"migrations_count",
                                "SELECT count(*) FROM schema_migrations WHERE component = $1::text"};
constexpr Statement begin{"begin", "BEGIN"};
constexpr Statement commit{"commit", "COMMIT"};
constexpr Statement rollback{"rollback", "ROLLBACK"};
constexpr Statement lock{"migrations_lock", "SELECT pg_advisory_xact_lock(7233178, 0)::text"};
constexpr Statement create_table{
    "migrations_create",
    "CREATE TABLE IF NOT EXISTS schema_migrations(component text NOT NULL, version integer NOT NULL, "
    "name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (component, version))"};
constexpr Statement insert_step{
    "migrations_insert",
    "INSERT INTO schema_migrations(component, version, name) VALUES($1::text, $2::bigint, $3::text)"};

template <class... Values>
Task<Results> run(Connection& connection, SteadyTime deadline, Statement statement, Values... values) {
  Pipeline pipeline;
  pipeline.add(statement, values...);
  co_return co_await connection.run(std::move(pipeline), deadline);
}

Task<std::size_t> present_steps(Connection& connection, std::string component, SteadyTime deadline) {
  const Results table = co_await run(connection, deadline, find_table);
  if (!table.front().only().boolean(0)) co_return 0;
  const Results count = co_await run(connection, deadline, count_steps, std::move(component));
  co_return static_cast<std::size_t>(count.front().only().integer(0));
}

Task<void> apply_missing(Connection& connection, std::string component, std::span<const Migration> steps,
                         SteadyTime deadline) {
  Pipeline opening;
  opening.add(begin);
  opening.add(lock);
  opening.add(create_table);
  co_await connection.run(std::move(opening), deadline);
  const std::size_t present = co_await present_steps(connection, component, deadline);
  for (std::size_t step = present; step < steps.size(); ++step) {
    co_await connection.run_script(std::string(steps[step].sql), deadline);
    co_await run(connection, deadline, insert_step, component, static_cast<std::int64_t>(step + 1),
                 steps[step].name);
  }
  co_await run(connection, deadline, commit);
}

[[noreturn]] void rethrow_explained(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const ServerUnable& unable) {
    if (unable.sqlstate() != insufficient_privilege) throw;
    throw ServerUnable(
        unable.sqlstate(),
        fmt::format("the role may not make the store's tables; it needs CREATE on the schema, and "
                    "on the database for the extension unaccent. {}",
                    unable.what()));
  }
}

}  // namespace

Task<void> migrate(Connection& connection, std::string component, std::span<const Migration> steps,
                   SteadyTime deadline) {
  const std::size_t present = co_await present_steps(connection, component, deadline);
  if (present > steps.size()) {
    throw Unavailable(fmt::format(
        "the database was written by a newer program (its schema is version {}, this program knows {})",
        present, steps.size()));
  }
  if (present == steps.size()) co_return;
  std::exception_ptr failure;
  try {
    co_await apply_missing(connection, component, steps, deadline);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return;
  if (connection.usable()) co_await run(connection, deadline, rollback);
  rethrow_explained(failure);
}

}  // namespace bazar::db::postgres
