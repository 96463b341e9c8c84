#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>

#include "audit/report.hpp"
#include "base/random.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/role_options.hpp"
#include "cli/store_access.hpp"
#include "cli/up/members_file.hpp"

namespace bazar::cli {
namespace {

constexpr int exit_undecided = 3;

struct AuditFlags {
  StoreFlags store;  ///< but for the address: an audit takes several
  std::vector<std::string> urls;
  std::int64_t duration_ms = 30'000;
  unsigned clients = 16;
  std::vector<std::int64_t> books;
  bool keep = false;
  std::vector<pid_t> kill;
  std::string kill_from;
  std::int64_t kill_every_ms = 2'000;
  std::uint64_t seed = 0;
  bool json = false;
};

std::vector<audit::Victim> victims_of(const std::string& members_file) {
  std::vector<audit::Victim> victims;
  try {
    for (const MemberRow& member : read_members(members_file)) {
      if (member.pid) victims.push_back({member.role, member.name, static_cast<pid_t>(*member.pid)});
    }
  } catch (const Failure&) {
    return {};  // the supervisor is writing a new one, or has ended
  }
  return victims;
}

std::optional<audit::KillerOptions> killer_of(const AuditFlags& flags, std::uint64_t seed) {
  if (!flags.kill_from.empty()) {
    (void)read_members(flags.kill_from);  // a wrong name is said now
    return audit::KillerOptions{.victims = [file = flags.kill_from] { return victims_of(file); },
                                .every = milliseconds(flags.kill_every_ms),
                                .seed = seed};
  }
  if (flags.kill.empty()) return std::nullopt;
  std::vector<audit::Victim> victims;
  victims.reserve(flags.kill.size());
  for (const pid_t pid : flags.kill) victims.push_back({.role = "", .name = "", .pid = pid});
  return audit::KillerOptions{.victims = [victims] { return victims; },
                              .every = milliseconds(flags.duration_ms / (std::ssize(victims) + 1)),
                              .once_each = true,
                              .seed = seed};
}

void show_progress(const audit::Progress& progress, milliseconds of) {
  fmt::print(stderr, "\r{:>3}/{} s, {} operations, {} kills ", progress.elapsed.count() / 1'000,
             of.count() / 1'000, progress.operations, progress.kills);
}

audit::AuditOptions options_of(const AuditFlags& flags) {
  std::random_device device;
  const std::uint64_t seed =
      flags.seed != 0 ? flags.seed : std::uniform_int_distribution<std::uint64_t>(1, 999'999'999)(device);
  audit::AuditOptions options{.workload = {.shopkeeper_token = shopkeeper_token(flags.store),
                                           .name = "audit-" + random_hex(4),
                                           .clients = flags.clients,
                                           .seed = seed},
                              .duration = milliseconds(flags.duration_ms),
                              .keep = flags.keep,
                              .killer = killer_of(flags, seed)};
  for (const std::string& url : flags.urls)
    options.workload.frontends.push_back(http::parse_endpoint(url).value());
  for (const std::int64_t id : flags.books) options.books.push_back({id});
  if (::isatty(STDERR_FILENO) == 1) {
    options.progress = [of = milliseconds(flags.duration_ms)](const audit::Progress& progress) {
      show_progress(progress, of);
    };
  }
  return options;
}

/// Interrupted, it ends early and still reports; a second time, at once.
audit::AuditOutcome perform(const audit::AuditOptions& options) {
  Loop loop(1);
  audit::Audit audit(loop, options);
  asio::basic_signal_set<LoopExecutor> signals(loop.get_executor(), SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (error) return;
    audit.stop();
    signals.clear();
  });
  audit::AuditOutcome outcome;
  std::exception_ptr failure;
  asio::co_spawn(loop, audit.run(), [&](std::exception_ptr error, audit::AuditOutcome done) {
    failure = std::move(error);
    outcome = std::move(done);
    loop.stop();
  });
  loop.run();
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const Outage& outage) {
    throw UsageError(fmt::format("the audit could not begin: {}", outage.what()));
  }
  return outcome;
}

int run(const AuditFlags& flags) {
  const audit::AuditOptions options = options_of(flags);
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "seed {}\n", options.workload.seed);
  const audit::AuditOutcome outcome = perform(options);
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\n");
  fmt::print("{}", flags.json ? audit::report_json(options, outcome) : audit::report_text(options, outcome));
  switch (audit::result_of(outcome.verdict)) {
    case audit::Result::held:
      return exit_done;
    case audit::Result::broken:
      return exit_failed;
    case audit::Result::undecided:
      break;
  }
  return exit_undecided;
}

void add_load_flags(CLI::App& command, AuditFlags& flags) {
  command.add_option("URL", flags.urls, "the front-ends")->required()->check(http_url())->type_name("");
  command.add_option("--duration", flags.duration_ms, "of the load, such as 30s or 5m (30s)")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, std::int64_t>{{"ms", 1}, {"s", 1'000}, {"m", 60'000}},
                                CLI::AsNumberWithUnit::UNIT_REQUIRED))
      ->type_name("TIME");
  command.add_option("--clients", flags.clients, "how many at once")
      ->check(whole_number(1, 1'000))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--books", flags.books,
                  "use these, which nobody else may change or buy meanwhile, rather than some of its own")
      ->delimiter(',')
      ->type_name("ID…");
  command.add_flag("--keep", flags.keep, "leave its own books in the store");
  command.add_option("--seed", flags.seed, "of what the clients do; the same as an earlier run's")
      ->check(whole_number(1, 999'999'999))
      ->type_name("N");
  command.add_flag("--json", flags.json, "the report as JSON");
}

}  // namespace

void add_audit(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand(
      "audit",
      "Reads, buys and edits through all front-ends of a running store, kills servers if told to, and says "
      "whether the store kept its promises.");
  auto flags = std::make_shared<AuditFlags>();
  add_load_flags(*command, *flags);
  auto* kill = command->add_option("--kill", flags->kill, "kill -9 these, each once at a random moment")
                   ->check(CLI::PositiveNumber)
                   ->type_name("PID…");
  auto* kill_from =
      command
          ->add_option("--kill-from", flags->kill_from,
                       "kill -9 servers of this members.json again and again (`bazar up` restarts them)")
          ->check(CLI::ExistingFile)
          ->excludes(kill)
          ->type_name("FILE");
  command->add_option("--kill-every", flags->kill_every_ms, "on average, such as 500ms (2s)")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, std::int64_t>{{"ms", 1}, {"s", 1'000}},
                                        CLI::AsNumberWithUnit::UNIT_REQUIRED))
      ->needs(kill_from)
      ->type_name("TIME");
  add_token_flags(*command, flags->store);
  command->footer(
      "Examples:\n  bazar audit http://localhost:8080 http://localhost:8081\n"
      "  bazar audit http://localhost:8080 --duration 5m --kill-from ~/.local/state/bazar/members.json\n"
      "Exit codes: 0 all promises held, 1 one was broken, 2 wrong usage or it could not begin,\n"
      "3 nothing was broken, but something could not be decided.");
  command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace bazar::cli
