#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <deque>
#include <memory>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/role_options.hpp"
#include "cli/store_access.hpp"
#include "cli/transfer/exporter.hpp"
#include "cli/up/data_folder.hpp"
#include "cli/up/files.hpp"
#include "cli/up/members_file.hpp"

namespace bazar::cli {
namespace {

struct ExportFlags {
  StoreFlags store;
  std::string what;
  std::string format = "json";
  std::string output;
  std::string orders_url;
  std::string service_token_file;
};

/// The order services, which alone list everybody's orders: the one that was named, else those of the store's
/// folder.
std::deque<StoreClient> order_services(const ExportFlags& flags) {
  const auto folder =
      flags.store.data.empty() ? default_data_folder() : std::filesystem::path(flags.store.data);
  std::vector<std::string> urls;
  if (!flags.orders_url.empty()) {
    urls.push_back(flags.orders_url);
  } else {
    if (!std::filesystem::exists(folder / "members.json"))
      throw Failure(fmt::format("no store runs in {} (bazar up starts one)", folder.string()));
    for (const auto& member : read_members(folder / "members.json")) {
      if (member.role == "orders" && http::parse_endpoint(member.url)) urls.push_back(member.url);
    }
  }
  if (urls.empty()) throw Failure(fmt::format("no order service runs in {}", folder.string()));
  const auto token =
      read_token(flags.service_token_file.empty() ? folder / "service.token"
                                                  : std::filesystem::path(flags.service_token_file));
  std::deque<StoreClient> services;
  for (const auto& url : urls) services.emplace_back(url, token);
  return services;
}

/// The front-end of the store in a folder, where one was named and no address.
std::string store_url(const ExportFlags& flags, bool url_given) {
  if (url_given || flags.store.data.empty()) return flags.store.url;
  for (const auto& member : read_members(std::filesystem::path(flags.store.data) / "members.json")) {
    if (member.role == "frontend" && http::parse_endpoint(member.url)) return member.url;
  }
  throw Failure(fmt::format("no front-end runs in {}", flags.store.data));
}

int run(const ExportFlags& flags, bool url_given) {
  const auto format = format_of(flags.format, {});
  ExportFile out(flags.output);
  std::uint64_t count = 0;
  if (flags.what == "orders") {
    auto services = order_services(flags);
    count = export_orders(services, format, out);
  } else {
    StoreClient store(store_url(flags, url_given), {});
    count = export_books(store, format, out);
  }
  out.finish();
  if (!flags.output.empty()) fmt::print("exported {} {} to {}\n", count, flags.what, flags.output);
  return exit_done;
}

}  // namespace

void add_export(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("export", "Books as bazar import reads them, or everybody's orders.");
  auto flags = std::make_shared<ExportFlags>();
  command->add_option("WHAT", flags->what, "books or orders")
      ->required()
      ->check(CLI::IsMember({"books", "orders"}))
      ->type_name("");
  command->add_option("--format", flags->format, "json (an object a line, lossless) or csv")
      ->check(CLI::IsMember({"json", "csv"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  command
      ->add_option("--output", flags->output, "a file, which appears when it is complete (standard output)")
      ->type_name("FILE");
  add_url_flag(*command, flags->store);
  command->add_option("--data", flags->store.data, "the folder of the store on this machine")
      ->type_name("DIR");
  command->add_option("--orders", flags->orders_url, "for orders: an order service (any one of the folder)")
      ->check(http_url())
      ->type_name("URL");
  command
      ->add_option("--service-token-file", flags->service_token_file,
                   "for orders: what the services know each other by (DIR/service.token)")
      ->type_name("FILE");
  command->footer(
      "Examples:\n  bazar export books --output books.json\n  bazar export books --format csv > books.csv\n"
      "  bazar export orders --data ./mystore\n"
      "A store that sells meanwhile is not stopped: each page is as it was when it was read.");
  command->callback([flags, command, &chosen] {
    chosen = [flags, url_given = command->count("--url") > 0] { return run(*flags, url_given); };
  });
}

}  // namespace bazar::cli
