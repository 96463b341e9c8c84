#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "http/operations.hpp"

namespace bazar::cli {
namespace {

constexpr auto subcommands = {add_up,   add_catalog,    add_orders, add_frontend, add_members,
                              add_shop, add_import,     add_export, add_audit,    add_bench,
                              add_copy, add_experiment, add_migrate};

constexpr auto examples = R"(Examples:
  bazar up                        a whole store on http://localhost:8080
  bazar up --port 9000 --no-demo  an empty one, elsewhere
  bazar members                   who runs where
  bazar up --help                 what a subcommand takes
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.)";

int complain(std::string line, int code) {
  std::ranges::replace(line, '\n', ' ');
  std::fprintf(stderr, "bazar: %s\n", line.c_str());
  return code;
}

int run(int argc, char** argv) {
  CLI::App app{"Bazar, a replicated online book store."};
  app.name("bazar");
  app.set_version_flag("--version", "bazar " + std::string(http::version()));
  app.require_subcommand(0, 1);
  app.footer(examples);
  Command chosen;
  for (const auto add : subcommands) add(app, chosen);

  try {
    app.parse(argc, argv);
    if (!chosen) throw UsageError("name a subcommand, such as up (see bazar --help)");
    return chosen();
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return complain(std::string(error.what()) + " (see bazar --help)", exit_usage);
  } catch (const UsageError& error) {
    return complain(error.what(), exit_usage);
  } catch (const std::exception& error) {
    return complain(error.what(), exit_failed);
  }
}

}  // namespace
}  // namespace bazar::cli

int main(int argc, char** argv) {
  // Writing to a peer or a pipe that went away is an error code, not a death.
  std::signal(SIGPIPE, SIG_IGN);
  return bazar::cli::run(argc, argv);
}
