#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

#include "cli/commands.hpp"
#include "cli/copy/store_copy.hpp"
#include "cli/failure.hpp"
#include "cli/role_options.hpp"
#include "cli/up/data_folder.hpp"
#include "cli/up/files.hpp"
#include "cli/up/ports.hpp"
#include "cli/up/process.hpp"
#include "cli/up/store_plan.hpp"
#include "cli/up/store_runner.hpp"

namespace bazar::cli {
namespace {

struct UpFlags {
  StoreOptions store;
  std::string data;
  bool no_demo = false;
};

// A supervisor that was killed takes its children along, but they need a moment to die and to let go of their
// ports.
void wait_for_dying_children(const DataFolder& folder) {
  const SystemClock clock;
  const auto until = clock.now() + milliseconds{2'000};
  const auto left = folder.left_members();
  const auto alive = [](const MemberRow& member) {
    return member.pid && *member.pid > 0 && is_running(static_cast<pid_t>(*member.pid), member.name);
  };
  while (std::ranges::any_of(left, alive) && clock.now() < until)
    std::this_thread::sleep_for(milliseconds{5});
}

void make_database_folder(const std::string& database) {
  if (is_postgres(database)) return;
  const std::filesystem::path folder = database.substr(std::string_view("sqlite:").size());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Failure(fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
}

/// Before any process is started, so that a server which cannot be used is told of once.
void prepare_server(const std::string& database) {
  if (!is_postgres(database)) return;
  migrate_catalog(database, {});
  migrate_orders(database);
}

int run(UpFlags flags) {
  DataFolder folder(flags.data.empty() ? default_data_folder() : std::filesystem::path(flags.data));
  wait_for_dying_children(folder);
  folder.remove_members();
  auto& store = flags.store;
  store.demo_books = !flags.no_demo;
  if (store.database.empty()) store.database = "sqlite:" + folder.path().string();
  const auto ports = choose_ports(store);
  make_database_folder(store.database);
  prepare_server(store.database);
  const auto service_token = folder.token_file("service");
  const auto shopkeeper_token = folder.token_file("shopkeeper");
  StoreRunner runner(folder, plan_store(store, ports, service_token, shopkeeper_token),
                     public_url(store, ports), read_token(service_token));
  return runner.run();
}

}  // namespace

void add_up(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand(
      "up", "A whole store on this machine: starts every server, and starts again what dies.");
  auto flags = std::make_shared<UpFlags>();
  auto& store = flags->store;
  command->add_option("--host", store.host, "address that the front-ends listen on")
      ->transform(ip_address())
      ->type_name("ADDR")
      ->capture_default_str();
  command->add_option("--port", store.port, "of the first front-end; 0: any free ones")
      ->check(whole_number(0, 65'535))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--frontends", store.frontends, "how many")
      ->check(whole_number(1, 64))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--catalogs", store.catalogs, "how many")
      ->check(whole_number(1, 64))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--orders", store.orders, "how many")
      ->check(whole_number(1, 64))
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--data", flags->data,
                   "the store's folder ($XDG_STATE_HOME/bazar or ~/.local/state/bazar)")
      ->type_name("DIR");
  command
      ->add_option("--database", store.database,
                   "sqlite:DIR or postgresql://… (SQLite in the store's folder)")
      ->check(database_url())
      ->type_name("URL");
  add_on_write_option(*command, store.on_write);
  add_frontend_options(*command, store.frontend);
  command->add_flag("--no-demo", flags->no_demo, "start empty, without the seven demo books");
  command->footer(
      "Examples:\n  bazar up\n  bazar up --port 9000 --frontends 3 --cache-entries 5\n  bazar up --data "
      "./mystore --no-demo\nCtrl-C stops it.");
  command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace bazar::cli
