#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/frontend_options.hpp"
#include "cli/role_options.hpp"
#include "cli/serve.hpp"
#include "cli/up/files.hpp"
#include "frontend/service.hpp"
#include "observe/log.hpp"

namespace bazar::cli {
namespace {

struct FrontendFlags {
  RoleOptions role;
  FrontendOptions frontend;
  std::string catalog_url;
  std::string shopkeeper_token_file;
  bool rate_limit_loopback = false;
  std::uint16_t control_port = 0;
  std::string advertise_control_url;
};

int run(FrontendFlags flags) {
  auto token = read_token(flags.role.service_token_file);
  auto shopkeeper =
      flags.shopkeeper_token_file.empty() ? std::string() : read_token(flags.shopkeeper_token_file);
  settle(flags.role, "frontend");
  observe::configure_log(flags.role.name, flags.role.log_level);
  return serve<frontend::Service>(frontend::ServiceOptions{
      .name = flags.role.name,
      .host = flags.role.host,
      .port = flags.role.port,
      .advertise_url = flags.role.advertise_url,
      .control_port = flags.control_port,
      .advertise_control_url = flags.advertise_control_url,
      .threads = flags.role.threads,
      .catalog_url = flags.catalog_url,
      .cache = cache_of(flags.frontend),
      .service_token = std::move(token),
      .shopkeeper_token = std::move(shopkeeper),
      .rate_limit = flags.frontend.rate_limit,
      .rate_limit_loopback = flags.rate_limit_loopback,
  });
}

}  // namespace

void add_frontend(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand(
      "frontend", "One front-end server: pages, cache, and the way to catalogs and orders.");
  auto flags = std::make_shared<FrontendFlags>();
  add_role_options(*command, flags->role);
  add_frontend_options(*command, flags->frontend);
  command->add_option("--catalog", flags->catalog_url, "any one catalog; the others are learned from it")
      ->required()
      ->check(http_url())
      ->type_name("URL");
  command
      ->add_option("--shopkeeper-token-file", flags->shopkeeper_token_file,
                   "the secret that the shopkeeper's requests carry; without it they are refused")
      ->type_name("FILE");
  command
      ->add_option("--control-port", flags->control_port,
                   "port of the private listener that catalogs send invalidations to; 0: any free one")
      ->check(whole_number(0, 65'535))
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--advertise-control", flags->advertise_control_url,
                   "where catalogs reach that listener (http://HOST:PORT of the public host and that port)")
      ->check(http_url())
      ->type_name("URL");
  command->add_flag("--rate-limit-loopback", flags->rate_limit_loopback,
                    "clients on this machine are limited too");
  command->footer(
      "Example:\n  bazar frontend --port 8080 --catalog http://10.0.0.1:8101 --service-token-file "
      "service.token --cache-entries 5");
  command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace bazar::cli
