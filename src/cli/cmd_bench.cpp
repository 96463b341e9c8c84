#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "cli/bench/inputs.hpp"
#include "cli/bench/progress.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/role_options.hpp"
#include "load/report.hpp"
#include "load/run.hpp"

namespace bazar::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

struct BenchFlags {
  std::vector<std::string> urls{"http://localhost:8080"};
  std::string mix = "shop";
  std::string path;
  double rate = 0;
  std::string arrivals = "poisson";
  std::size_t backlog = load::OpenLoop{}.max_backlog;
  double think_ms = 0;
  std::size_t connections = 64;
  double duration_ms = 10'000;
  double warmup_ms = 2'000;
  double timeout_ms = 5'000;
  double zipf = 0.99;
  std::string popularity;
  std::int64_t books = 0;
  std::uint64_t seed = 1;
  std::string json;
  std::string html;
};

milliseconds whole(double ms) { return milliseconds(static_cast<std::int64_t>(ms)); }

load::Pace pace_of(const BenchFlags& flags) {
  if (flags.rate == 0) return load::ClosedLoop{.think_time = whole(flags.think_ms)};
  return load::OpenLoop{
      .rate_per_s = flags.rate,
      .law = flags.arrivals == "constant" ? load::ArrivalLaw::constant : load::ArrivalLaw::poisson,
      .max_backlog = flags.backlog};
}

load::Plan plan_of(const BenchFlags& flags) {
  load::Plan plan{
      .targets = {},
      .mix = flags.path.empty() ? load::find_mix(flags.mix).value() : load::only(load::Operation::fetch),
      .books = {},
      .zipf_exponent = flags.zipf,
      .popularity = {},
      .topics = {},
      .path = flags.path,
      .pace = pace_of(flags),
      .connections = flags.connections,
      .warmup = whole(flags.warmup_ms),
      .duration = whole(flags.duration_ms),
      .timeout = whole(flags.timeout_ms),
      .seed = flags.seed};
  for (const std::string& url : flags.urls) plan.targets.push_back(http::parse_endpoint(url).value());
  return plan;
}

/// The first interruption ends the load early, the second the program.
void stop_on_signals() {
  struct sigaction action{};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

load::Result perform(const load::Plan& plan) {
  stop_on_signals();
  std::stop_source stop;
  BenchProgress progress(plan);
  return load::run(
      plan,
      [&](const load::Sample& sample) {
        if (interrupted != 0) stop.request_stop();
        progress.show(sample);
      },
      stop.get_token());
}

int run(const BenchFlags& flags) {
  load::Plan plan = plan_of(flags);
  try {
    find_what_to_ask_for(plan, {.books = flags.books, .popularity = flags.popularity});
    const load::Result result = perform(plan);
    if (flags.json != "-") fmt::print("{}", load::report_text(plan, result));
    if (!flags.json.empty()) write_report(flags.json, load::report_json(plan, result));
    if (!flags.html.empty()) write_report(flags.html, load::report_html(plan, result));
    return result.all().succeeded > 0 ? exit_done : exit_failed;
  } catch (const Outage& outage) {
    throw Failure(outage.what());
  } catch (const std::invalid_argument& lack) {
    throw UsageError(lack.what());
  }
}

CLI::Option* add_time(CLI::App& command, const std::string& name, double& ms, const std::string& text) {
  return command.add_option(name, ms, text)
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"ms", 1}, {"s", 1'000}, {"m", 60'000}},
                                        CLI::AsNumberWithUnit::UNIT_REQUIRED))
      ->type_name("TIME");
}

void add_pace_flags(CLI::App& command, BenchFlags& flags) {
  auto* rate = command
                   .add_option("--rate", flags.rate,
                               "requests a second by schedule (open loop); without it each connection sends "
                               "when it has its answer (closed loop)")
                   ->check(CLI::PositiveNumber)
                   ->type_name("R");
  command.add_option("--arrivals", flags.arrivals, "poisson or constant (poisson)")
      ->check(CLI::IsMember({"poisson", "constant"}))
      ->needs(rate)
      ->type_name("LAW");
  command
      .add_option("--backlog", flags.backlog,
                  "requests that wait for a connection at most, before any is dropped")
      ->check(whole_number(1, 10'000'000))
      ->needs(rate)
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--connections", flags.connections, "kept open, dealt to the URLs in turn")
      ->check(whole_number(1, 100'000))
      ->type_name("N")
      ->capture_default_str();
  add_time(command, "--think", flags.think_ms, "closed loop: on average between answer and next request")
      ->excludes(rate);
  add_time(command, "--duration", flags.duration_ms, "of the measured interval, such as 30s (10s)");
  add_time(command, "--warmup", flags.warmup_ms, "load before that (2s)");
  add_time(command, "--timeout", flags.timeout_ms,
           "from when a request was due: then the client gives up (5s)");
}

void add_content_flags(CLI::App& command, BenchFlags& flags) {
  auto* mix = command.add_option("--mix", flags.mix, std::string(load::mix_names))
                  ->check(CLI::Validator(
                      [](const std::string& name) {
                        return load::find_mix(name) ? "" : fmt::format("the mixes are {}", load::mix_names);
                      },
                      ""))
                  ->type_name("NAME")
                  ->capture_default_str();
  command.add_option("--raw-path", flags.path, "only GET this path, of any HTTP server")
      ->excludes(mix)
      ->check(CLI::Validator(
          [](const std::string& path) {
            const bool fits =
                path.starts_with('/') && std::ranges::all_of(path, [](char c) { return c > ' ' && c < 127; });
            return fits ? "" : "a path begins with / and is percent-encoded";
          },
          ""))
      ->type_name("PATH");
  auto* zipf = command.add_option("--zipf", flags.zipf, "exponent of the books' popularity; 0: all alike")
                   ->check(CLI::Range(0.0, 10.0))
                   ->type_name("S")
                   ->capture_default_str();
  command
      .add_option("--popularity", flags.popularity,
                  "popularity by a column of a CSV file instead: its first row is the first book's")
      ->excludes(zipf)
      ->type_name("FILE:COLUMN");
  command
      .add_option("--books", flags.books,
                  "use the books 1 to N; else those that the store lists, up to 100,000")
      ->check(whole_number(1, 100'000'000))
      ->type_name("N");
  command.add_option("--seed", flags.seed, "of everything that is drawn")
      ->check(whole_number(1, 999'999'999))
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace

void add_bench(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand(
      "bench", "Puts load on a running store, or on any HTTP server, and says how it fares.");
  auto flags = std::make_shared<BenchFlags>();
  command->add_option("URL", flags->urls, "the front-ends (http://localhost:8080)")
      ->check(http_url())
      ->type_name("");
  add_content_flags(*command, *flags);
  add_pace_flags(*command, *flags);
  command->add_option("--json", flags->json, "the result as JSON; - is standard output, instead of the table")
      ->type_name("FILE");
  command->add_option("--html", flags->html, "the result as a page with plots")->type_name("FILE");
  command->footer(
      "Examples:\n  bazar bench --mix browse --rate 5000\n"
      "  bazar bench http://localhost:8080 http://localhost:8081 --mix purchase --connections 256 --books "
      "10000\n"
      "  bazar bench http://localhost:8000 --raw-path /index.html --json -\n"
      "Exit codes: 0 measured, 1 no answer was a success, 2 wrong usage. docs/bench.md says how to read the "
      "figures.");
  command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace bazar::cli
