#include <CLI/CLI.hpp>
#include <memory>

#include "catalog/service.hpp"
#include "cli/commands.hpp"
#include "cli/role_options.hpp"
#include "cli/serve.hpp"
#include "cli/up/files.hpp"
#include "observe/log.hpp"

namespace bazar::cli {
namespace {

struct CatalogFlags {
  RoleOptions role;
  std::string database;
  std::string standby_database;
  std::int64_t lease_ms = 2'000;
  std::string on_write = "update";
  bool demo_books = false;
  std::string currency = "USD";
};

int run(CatalogFlags flags) {
  const Currency currency = known_currency(flags.currency);
  auto token = read_token(flags.role.service_token_file);
  settle(flags.role, "catalog");
  observe::configure_log(flags.role.name, flags.role.log_level);
  return serve<catalog::Service>(catalog::ServiceOptions{
      .name = flags.role.name,
      .host = flags.role.host,
      .port = flags.role.port,
      .advertise_url = flags.role.advertise_url,
      .threads = flags.role.threads,
      .database = flags.database,
      .standby_database = flags.standby_database,
      .service_token = std::move(token),
      .lease = milliseconds{flags.lease_ms},
      .on_write = flags.on_write == "update" ? catalog::OnWrite::update : catalog::OnWrite::invalidate,
      .demo_books = flags.demo_books,
      .currency = currency,
  });
}

}  // namespace

void add_catalog(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("catalog", "One catalog server: books, stock, sales, members.");
  auto flags = std::make_shared<CatalogFlags>();
  add_role_options(*command, flags->role);
  command
      ->add_option("--database", flags->database,
                   "where the books are kept: sqlite:DIR, or postgresql://…; its\n"
                   "password in $PGPASSFILE rather than here, where ps shows it")
      ->required()
      ->check(database_url())
      ->type_name("URL");
  command
      ->add_option("--standby-database", flags->standby_database,
                   "postgresql://…: read lists and searches there, labelled with their version")
      ->check(database_url())
      ->type_name("URL");
  command
      ->add_option("--lease-ms", flags->lease_ms,
                   "how long a front-end may answer from its cache without asking")
      ->check(whole_number(100, 60'000))
      ->type_name("N")
      ->capture_default_str();
  add_on_write_option(*command, flags->on_write);
  command->add_flag("--demo-books", flags->demo_books, "put the seven demo books into an empty database");
  command->add_option("--currency", flags->currency, "of a new database (ISO 4217)")
      ->type_name("CODE")
      ->capture_default_str();
  command->footer(
      "Example:\n  bazar catalog --port 8101 --database sqlite:/var/lib/bazar --service-token-file "
      "service.token --demo-books");
  command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace bazar::cli
