#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/role_options.hpp"
#include "cli/serve.hpp"
#include "cli/up/files.hpp"
#include "observe/log.hpp"
#include "orders/service.hpp"

namespace bazar::cli {
namespace {

struct OrdersFlags {
  RoleOptions role;
  std::string database;
  std::string catalog_url;
};

int run(OrdersFlags flags) {
  auto token = read_token(flags.role.service_token_file);
  settle(flags.role, "orders");
  observe::configure_log(flags.role.name, flags.role.log_level);
  return serve<orders::Service>(orders::ServiceOptions{
      .name = flags.role.name,
      .host = flags.role.host,
      .port = flags.role.port,
      .advertise_url = flags.role.advertise_url,
      .threads = flags.role.threads,
      .database = flags.database,
      .catalog_url = flags.catalog_url,
      .service_token = std::move(token),
  });
}

}  // namespace

void add_orders(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("orders", "One order server.");
  auto flags = std::make_shared<OrdersFlags>();
  add_role_options(*command, flags->role);
  command
      ->add_option("--database", flags->database,
                   "where the orders are kept: sqlite:DIR, or postgresql://…; its\n"
                   "password in $PGPASSFILE rather than here, where ps shows it")
      ->required()
      ->check(database_url())
      ->type_name("URL");
  command->add_option("--catalog", flags->catalog_url, "any one catalog; the others are learned from it")
      ->required()
      ->check(http_url())
      ->type_name("URL");
  command->footer(
      "Example:\n  bazar orders --port 8201 --database sqlite:/var/lib/bazar --catalog http://10.0.0.1:8101 "
      "--service-token-file service.token");
  command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace bazar::cli
