#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/commands.hpp"
#include "cli/copy/store_copy.hpp"
#include "cli/failure.hpp"
#include "cli/role_options.hpp"
#include "cli/serve.hpp"
#include "cli/transfer/progress.hpp"

namespace bazar::cli {
namespace {

struct DatabaseFlags {
  std::string from;
  std::string to;
  std::string only;
  std::string currency;
};

std::vector<Owner> owners_of(const std::string& only) {
  if (only == "catalog") return {Owner::catalog};
  if (only == "orders") return {Owner::orders};
  return {Owner::catalog, Owner::orders};
}

std::string_view name_of(Owner owner) { return owner == Owner::catalog ? "catalog" : "orders"; }

int copy(const DatabaseFlags& flags) {
  if (is_postgres(flags.from) || !is_postgres(flags.to))
    throw UsageError("copies go from sqlite:DIR to postgresql://… only");
  arm_failpoints();
  const std::string folder = flags.from.substr(std::string_view("sqlite:").size());
  std::vector<CopiedDatabase> copied;
  {
    ProgressBar bar;
    const auto show = [&bar](const std::string&, std::int64_t rows) {
      bar.show(static_cast<std::uint64_t>(rows), 0, 0);
    };
    copied = copy_databases(owners_of(flags.only), folder, flags.to, show);
  }
  for (const auto& [owner, tables] : copied) {
    for (const TableCopy& table : tables) {
      fmt::print("{:<8} {:<18} {:>12} rows equal  sha256 {}\n", name_of(owner), table.table,
                 grouped(static_cast<std::uint64_t>(table.rows)), table.digest.substr(0, 16));
    }
  }
  return exit_done;
}

int migrate(const DatabaseFlags& flags) {
  if (!is_postgres(flags.to))
    throw UsageError("SQLite files are brought up to date by the servers that open them");
  const auto wanted = flags.currency.empty() ? std::nullopt : std::optional(known_currency(flags.currency));
  for (const Owner owner : owners_of(flags.only)) {
    if (owner == Owner::orders) {
      migrate_orders(flags.to);
      fmt::print("orders: the schema is up to date\n");
      continue;
    }
    const Currency kept = migrate_catalog(flags.to, wanted.value_or(Currency{}));
    if (wanted && kept != *wanted) {
      throw Failure(
          fmt::format("the catalog keeps its prices in {}: a store stays with the currency that it "
                      "was made with",
                      kept.code));
    }
    fmt::print("catalog: the schema is up to date, prices are in {}\n", kept.code);
  }
  return exit_done;
}

void add_only(CLI::App& command, DatabaseFlags& flags) {
  command.add_option("--only", flags.only, "catalog or orders, where they have a database each")
      ->check(CLI::IsMember({"catalog", "orders"}))
      ->type_name("SERVICE");
}

}  // namespace

void add_copy(CLI::App& app, Command& chosen) {
  auto* command =
      app.add_subcommand("copy", "Moves a stopped store from SQLite to PostgreSQL, and compares both.");
  auto flags = std::make_shared<DatabaseFlags>();
  command->add_option("--from", flags->from, "sqlite:DIR")
      ->required()
      ->check(database_url())
      ->type_name("URL");
  command
      ->add_option("--to", flags->to, "postgresql://…, an empty database or one that a copy was cut off in")
      ->required()
      ->check(database_url())
      ->type_name("URL");
  add_only(*command, *flags);
  command->footer(
      "Example:\n  bazar copy --from sqlite:/var/lib/bazar --to "
      "postgresql://bazar@10.0.0.1,10.0.0.2,10.0.0.3/catalog "
      "--only catalog\nCut off, the same command goes on where it stopped.");
  command->callback([flags, &chosen] { chosen = [flags] { return copy(*flags); }; });
}

void add_migrate(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand(
      "migrate",
      "Brings the schema of a PostgreSQL database up to date; the servers do it too when they start.");
  auto flags = std::make_shared<DatabaseFlags>();
  command->add_option("--database", flags->to, "postgresql://…")
      ->required()
      ->check(database_url())
      ->type_name("URL");
  add_only(*command, *flags);
  command->add_option("--currency", flags->currency, "of a new catalog (ISO 4217; USD)")->type_name("CODE");
  command->callback([flags, &chosen] { chosen = [flags] { return migrate(*flags); }; });
}

}  // namespace bazar::cli
