#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "balancer/upstream.hpp"
#include "base/clock.hpp"
#include "catalog/client.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/role_options.hpp"
#include "cli/up/data_folder.hpp"
#include "cli/up/members_file.hpp"

namespace bazar::cli {
namespace {

struct MembersFlags {
  std::string data;
  std::string catalog_url;
  bool json = false;
};

Task<void> ask_catalog(catalog::Client& client, SteadyTime deadline, std::vector<MemberRow>& rows) {
  const auto members = co_await client.members(deadline);
  for (const auto& member : members) {
    rows.push_back({.role = std::string(to_string(member.role)),
                    .name = member.name,
                    .url = member.url,
                    .pid = std::nullopt,
                    .state = std::string(to_string(member.state))});
  }
}

std::vector<MemberRow> members_of_catalog(const std::string& url) {
  const SystemClock clock;
  Loop loop(1);
  observe::Metrics metrics;
  http::Client http(loop, {});
  balancer::Upstream upstream(loop, http, {.service = "catalog"}, metrics, clock);
  upstream.set_replicas({{.name = "catalog", .url = url}});
  catalog::Client client(upstream);
  std::vector<MemberRow> rows;
  std::exception_ptr failure;
  asio::co_spawn(loop, ask_catalog(client, clock.now() + milliseconds{3'000}, rows),
                 [&](std::exception_ptr error) {
                   failure = std::move(error);
                   loop.stop();
                 });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return rows;
}

int run(const MembersFlags& flags) {
  std::vector<MemberRow> members;
  if (!flags.catalog_url.empty()) {
    members = members_of_catalog(flags.catalog_url);
  } else {
    const auto folder = flags.data.empty() ? default_data_folder() : std::filesystem::path(flags.data);
    const auto file = folder / "members.json";
    if (!std::filesystem::exists(file))
      throw Failure(fmt::format("no store runs in {} (bazar up starts one)", folder.string()));
    members = read_members(file);
  }
  fmt::print("{}", flags.json ? encode_members(members) : members_table(members));
  return exit_done;
}

}  // namespace

void add_members(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("members", "Who runs where.");
  auto flags = std::make_shared<MembersFlags>();
  auto* data = command->add_option("--data", flags->data, "the store's folder (the user's state folder)")
                   ->type_name("DIR");
  command->add_option("--catalog", flags->catalog_url, "ask this catalog instead: all machines")
      ->check(http_url())
      ->excludes(data)
      ->type_name("URL");
  command->add_flag("--json", flags->json, "for programs");
  command->footer("Examples:\n  bazar members\n  bazar members --catalog http://127.0.0.1:8101 --json");
  command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace bazar::cli
