#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/up/members_file.hpp"
#include "cli/up/process.hpp"
#include "experiment/experiment.hpp"
#include "experiment/study.hpp"
#include "http/operations.hpp"

namespace bazar::cli {
namespace {

constexpr double bar_width = 30;

std::vector<experiment::StoreMember> read_store_members(const std::filesystem::path& file) {
  std::vector<experiment::StoreMember> members;
  for (const MemberRow& row : read_members(file)) {
    members.push_back({.role = row.role,
                       .name = row.name,
                       .endpoint = http::parse_endpoint(row.url).value(),
                       .pid = static_cast<pid_t>(row.pid.value_or(0))});
  }
  return members;
}

std::string minutes(std::chrono::seconds time) {
  return time < std::chrono::seconds(90)
             ? fmt::format("{} s", time.count())
             : fmt::format("{:.0f} minutes", std::ceil(static_cast<double>(time.count()) / 60));
}

/// On a terminal a bar that is redrawn; else a line a study.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(std::chrono::seconds expected)
      : terminal_(::isatty(STDERR_FILENO) == 1), expected_(expected) {}

  void show(const experiment::Progress& progress) {
    if (terminal_) {
      const auto filled = static_cast<int>(progress.share * bar_width);
      const auto left = std::lround((1 - progress.share) * static_cast<double>(expected_.count()));
      fmt::print(stderr, "\r\x1b[K[{:#<{}}{:-<{}}] {:3.0f} %  about {}:{:02} left  {}", "", filled, "",
                 static_cast<int>(bar_width) - filled, 100 * progress.share, left / 60, left % 60,
                 progress.what);
    } else if (progress.study != shown_) {
      fmt::print(stderr, "{}/{} {}\n", progress.study, progress.studies, progress.what);
    }
    shown_ = progress.study;
  }
  void wipe() const {
    if (terminal_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  bool terminal_;
  std::chrono::seconds expected_;
  std::size_t shown_ = 0;
};

std::string command_of(const experiment::ExperimentOptions& options) {
  std::string command = "bazar experiment";
  if (options.quick) command += " --quick";
  if (!options.only.empty()) command += fmt::format(" --only {}", fmt::join(options.only, ","));
  return command;
}

/// Of the source tree in whose build/PRESET this program lies; of an installed one it names what is not
/// there.
std::filesystem::path own_cluster_script() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path() /
         "tools/cluster";
}

int run(experiment::ExperimentOptions options, std::filesystem::path cluster_script) {
  if (cluster_script.empty()) cluster_script = own_cluster_script();
  options.version = http::version();
  options.command = command_of(options);
  const auto expected = expected_time(options);
  fmt::print(stderr, "This takes about {}; other work on this machine spoils the figures.\n",
             minutes(expected));
  ProgressDisplay display(expected);
  const experiment::StorePrograms programs{.start = spawn_self,
                                           .read_members = read_store_members,
                                           .cluster_script = cluster_script,
                                           .start_cluster = [&](const auto& arguments, const auto& log) {
                                             return spawn(cluster_script, arguments, log);
                                           }};
  const auto outcome = run_experiment(options, programs,
                                      [&](const experiment::Progress& progress) { display.show(progress); });
  display.wipe();
  fmt::print("{}\n", outcome.report.string());
  if (outcome.interrupted) throw Failure("interrupted: the report has what was done until then");
  if (!outcome.failures.empty())
    throw Failure(fmt::format("not all could be measured: {}", fmt::join(outcome.failures, "; ")));
  return exit_done;
}

}  // namespace

void add_experiment(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand(
      "experiment",
      "Measures stores of its own on this machine, and writes what it finds with plots and tables.");
  auto options = std::make_shared<experiment::ExperimentOptions>();
  options->out = "bazar-experiment";
  auto cluster_script = std::make_shared<std::filesystem::path>();
  command->add_option("--out", options->out, "folder for report.html and the CSV files")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_flag("--quick", options->quick, "a first impression in less than a minute");
  command
      ->add_option("--cluster-script", *cluster_script,
                   "tools/cluster, for the study of that name (that of the source tree)")
      ->type_name("FILE");
  std::vector<std::string> names;
  std::string list;
  for (const auto& study : experiment::all_studies()) {
    names.emplace_back(study.name);
    list += fmt::format("  {:<14}{}\n", study.name, study.what);
  }
  command->add_option("--only", options->only, "these studies")
      ->delimiter(',')
      ->check(CLI::IsMember(names))
      ->type_name("NAME…");
  command->footer(
      "Studies:\n" + list +
      "Examples:\n  bazar experiment\n  bazar experiment --quick --only cache,crash --out results");
  command->callback([options, cluster_script, &chosen] {
    chosen = [options, cluster_script] { return run(*options, *cluster_script); };
  });
}

}  // namespace bazar::cli
