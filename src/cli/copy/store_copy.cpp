#include "cli/copy/store_copy.hpp"

#include <fmt/format.h>

#include "catalog/schemas.hpp"
#include "cli/failure.hpp"
#include "db/postgres/errors.hpp"
#include "db/postgres/loop_thread.hpp"
#include "orders/schemas.hpp"

namespace bazar::cli {
namespace {

using db::postgres::Connection;
using db::postgres::Pipeline;
using db::postgres::Statement;

constexpr milliseconds patience{60'000};

// A target that is being copied into keeps revision 0 until all is there. Its epoch is its own.
constexpr Statement set_meta{"copy_meta",
                             "UPDATE meta SET revision = $1, listing_revision = $2, next_book_id = $3, "
                             "currency = $4, decimals = $5"};
constexpr Statement set_ledger_sequence{"copy_ledger_sequence",
                                        "SELECT setval(pg_get_serial_sequence('ledger', 'id'), "
                                        "coalesce((SELECT max(id) FROM ledger), 0) + 1, false)"};

SteadyTime deadline() { return SystemClock{}.now() + patience; }

db::postgres::ConnectionOptions target_options(const std::string& url) {
  return {.url = url, .application = "bazar copy"};
}

/// The catalog's file, with nobody else in it for as long as this lives.
class CatalogSource {
 public:
  explicit CatalogSource(const std::filesystem::path& file)
      : lock_(file.string()), open_mark_(file.string() + ".open"), database_({.path = file.string()}) {
    identity_ = catalog::prepare_catalog(database_, lock_, open_mark_, {});
    if (!open_mark_.try_lock())
      throw Failure(fmt::format("{} is in use: stop the store first", file.string()));
  }
  db::Database& database() { return database_; }
  [[nodiscard]] const Currency& currency() const { return identity_.currency; }

 private:
  db::WriterLock lock_;
  db::LockFile open_mark_;
  db::Database database_;
  catalog::CatalogIdentity identity_;
};

Task<std::vector<TableCopy>> copy_tables(db::Database& source, Connection& target,
                                         std::span<const CopiedTable> tables, Copier::Report report) {
  Copier copier(source, target, std::move(report));
  co_await copier.begin(tables);
  for (const CopiedTable& table : tables) co_await copier.copy(table);
  std::vector<TableCopy> copied;
  for (const CopiedTable& table : tables) copied.push_back(co_await copier.verify(table));
  co_return copied;
}

Task<std::vector<TableCopy>> copy_catalog(CatalogSource& source, std::string target, Copier::Report report) {
  const auto connection = co_await Connection::open(target_options(target), deadline());
  co_await catalog::prepare_catalog(*connection, source.currency(), deadline());
  auto copied = co_await copy_tables(source.database(), *connection, catalog_tables(), report);
  Pipeline last;
  {
    db::Query meta = source.database().query("SELECT revision, listing_revision, next_book_id FROM meta");
    meta.next();
    last.add(set_meta, meta.integer(0), meta.integer(1), meta.integer(2), source.currency().code,
             static_cast<std::int64_t>(source.currency().decimals));
  }
  last.add(set_ledger_sequence);
  co_await connection->run(std::move(last), deadline());
  co_await Copier(source.database(), *connection, report).finish();
  co_return copied;
}

Task<std::vector<TableCopy>> copy_orders(db::Database& source, std::string target, Copier::Report report) {
  const auto connection = co_await Connection::open(target_options(target), deadline());
  co_await orders::prepare_orders(*connection, deadline());
  auto copied = co_await copy_tables(source, *connection, orders_tables(), report);
  co_await Copier(source, *connection, report).finish();
  co_return copied;
}

Task<bool> migrate(Owner owner, std::string target) {
  const auto connection = co_await Connection::open(target_options(target), deadline());
  if (owner == Owner::orders) {
    co_await orders::prepare_orders(*connection, deadline());
  } else {
    co_await catalog::prepare_catalog(*connection, *find_currency("USD"), deadline());
  }
  co_return true;
}

std::filesystem::path existing_file(const std::filesystem::path& folder, const char* name) {
  auto file = folder / name;
  if (!std::filesystem::exists(file)) throw Failure(fmt::format("there is no {}", file.string()));
  return file;
}

template <class Work>
auto explained(Work work) {
  try {
    return work();
  } catch (const Outage& outage) {
    throw Failure(outage.what());
  } catch (const db::postgres::SqlError& error) {
    throw Failure(fmt::format("the database refuses: {}", error.what()));
  }
}

}  // namespace

void migrate_database(Owner owner, const std::string& target) {
  explained([&] {
    Loop loop(1);
    return db::postgres::run_to_end(loop, migrate(owner, target));
  });
}

std::vector<TableCopy> copy_database(Owner owner, const std::filesystem::path& folder,
                                     const std::string& target, const Copier::Report& report) {
  return explained([&] {
    Loop loop(1);
    if (owner == Owner::catalog) {
      CatalogSource source(existing_file(folder, "catalog.db"));
      return db::postgres::run_to_end(loop, copy_catalog(source, target, report));
    }
    db::Database source({.path = existing_file(folder, "orders.db").string()});
    return db::postgres::run_to_end(loop, copy_orders(source, target, report));
  });
}

}  // namespace bazar::cli
