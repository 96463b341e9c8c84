#include "cli/copy/store_copy.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/failpoint.hpp"
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

std::filesystem::path existing_file(const std::filesystem::path& folder, const char* name) {
  auto file = folder / name;
  if (!std::filesystem::exists(file)) throw Failure(fmt::format("there is no {}", file.string()));
  return file;
}

/// The database of one service, and what it takes to make the target its like.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual Owner owner() const = 0;
  [[nodiscard]] virtual db::Database& database() = 0;
  [[nodiscard]] virtual std::span<const CopiedTable> tables() const = 0;
  virtual Task<void> prepare(Connection& target) = 0;
  /// When all rows of all services are there.
  virtual Task<void> seal(Connection& target) = 0;
};

/// The catalog's file, with nobody else in it for as long as this lives.
class CatalogSource final : public Source {
 public:
  explicit CatalogSource(const std::filesystem::path& file)
      : lock_(file.string()), open_mark_(file.string() + ".open"), database_({.path = file.string()}) {
    require_unused(file);  // before a migration: a running store of an earlier release would not survive it
    identity_ = catalog::prepare_catalog(database_, lock_, open_mark_, {});
    require_unused(file);
  }

  [[nodiscard]] Owner owner() const override { return Owner::catalog; }
  [[nodiscard]] db::Database& database() override { return database_; }
  [[nodiscard]] std::span<const CopiedTable> tables() const override { return catalog_tables(); }

  Task<void> prepare(Connection& target) override {
    co_await catalog::prepare_catalog(target, identity_.currency, deadline());
  }

  Task<void> seal(Connection& target) override {
    Pipeline last;
    {
      db::Query meta = database_.query("SELECT revision, listing_revision, next_book_id FROM meta");
      meta.next();
      last.add(set_meta, meta.integer(0), meta.integer(1), meta.integer(2), identity_.currency.code,
               static_cast<std::int64_t>(identity_.currency.decimals));
    }
    last.add(set_ledger_sequence);
    co_await target.run(std::move(last), deadline());
  }

 private:
  void require_unused(const std::filesystem::path& file) {
    if (!open_mark_.try_lock())
      throw Failure(fmt::format("{} is in use: stop the store first", file.string()));
  }

  db::WriterLock lock_;
  db::LockFile open_mark_;
  db::Database database_;
  catalog::CatalogIdentity identity_;
};

class OrdersSource final : public Source {
 public:
  explicit OrdersSource(const std::filesystem::path& file) : database_({.path = file.string()}) {}

  [[nodiscard]] Owner owner() const override { return Owner::orders; }
  [[nodiscard]] db::Database& database() override { return database_; }
  [[nodiscard]] std::span<const CopiedTable> tables() const override { return orders_tables(); }
  Task<void> prepare(Connection& target) override { co_await orders::prepare_orders(target, deadline()); }
  Task<void> seal(Connection&) override { co_return; }

 private:
  db::Database database_;
};

using Sources = std::vector<std::unique_ptr<Source>>;

/// All of them, before the first row is copied.
Sources open_sources(std::span<const Owner> owners, const std::filesystem::path& folder) {
  Sources sources;
  for (const Owner owner : owners) {
    if (owner == Owner::catalog) {
      sources.push_back(std::make_unique<CatalogSource>(existing_file(folder, "catalog.db")));
    } else {
      sources.push_back(std::make_unique<OrdersSource>(existing_file(folder, "orders.db")));
    }
  }
  return sources;
}

Task<std::vector<TableCopy>> copy_tables(Source& source, Connection& target, Copier::Report report) {
  Copier copier(source.database(), target, std::move(report));
  for (const CopiedTable& table : source.tables()) co_await copier.copy(table);
  std::vector<TableCopy> copied;
  for (const CopiedTable& table : source.tables()) copied.push_back(co_await copier.verify(table));
  co_return copied;
}

Task<std::vector<CopiedDatabase>> copy_all(const Sources& sources, std::string target,
                                           Copier::Report report) {
  const auto connection = co_await Connection::open(target_options(target), deadline());
  std::vector<CopiedTable> tables;
  for (const auto& source : sources) {
    co_await source->prepare(*connection);
    std::ranges::copy(source->tables(), std::back_inserter(tables));
  }
  co_await Copier::begin(*connection, tables);
  std::vector<CopiedDatabase> copied;
  for (const auto& source : sources) {
    copied.push_back({source->owner(), co_await copy_tables(*source, *connection, report)});
    failpoint::reached("copy.after_database");
  }
  for (const auto& source : sources) co_await source->seal(*connection);
  co_await Copier::finish(*connection);
  co_return copied;
}

Task<Currency> prepare_catalog(std::string target, Currency currency) {
  const auto connection = co_await Connection::open(target_options(target), deadline());
  co_return co_await catalog::prepare_catalog(*connection, std::move(currency), deadline());
}

Task<bool> prepare_orders(std::string target) {
  const auto connection = co_await Connection::open(target_options(target), deadline());
  co_await orders::prepare_orders(*connection, deadline());
  co_return true;
}

/// Runs a task to its end; what goes wrong is told as a person can act on it.
template <class T>
T finish(Task<T> task) {
  try {
    Loop loop(1);
    return db::postgres::run_to_end(loop, std::move(task));
  } catch (const Outage& outage) {
    throw Failure(outage.what());
  } catch (const db::postgres::SqlError& error) {
    throw Failure(fmt::format("the database refuses: {}", error.what()));
  }
}

}  // namespace

Currency migrate_catalog(const std::string& target, const Currency& currency) {
  return finish(prepare_catalog(target, currency));
}

void migrate_orders(const std::string& target) { finish(prepare_orders(target)); }

std::vector<CopiedDatabase> copy_databases(std::span<const Owner> owners, const std::filesystem::path& folder,
                                           const std::string& target, const Copier::Report& report) {
  const Sources sources = open_sources(owners, folder);
  return finish(copy_all(sources, target, report));
}

}  // namespace bazar::cli
