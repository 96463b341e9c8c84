#include "experiment/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "experiment/study.hpp"

namespace bazar::experiment {
namespace {

using std::chrono::seconds;

std::vector<Study> chosen(const ExperimentOptions& options) {
  std::vector<Study> studies;
  for (const Study& study : all_studies()) {
    if (options.only.empty() || std::ranges::find(options.only, study.name) != options.only.end())
      studies.push_back(study);
  }
  return studies;
}

seconds expected(const Study& study, bool quick) { return quick ? study.quick : study.full; }

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

void write_tables(const std::filesystem::path& folder, const Section& section) {
  for (const auto* tables : {&section.tables, &section.data_only}) {
    for (const Table& table : *tables) write_file(folder / (table.name + ".csv"), to_csv(table));
  }
}

/// One study; where it cannot be done, the section says why.
Section perform(const Study& study, Laboratory& laboratory) {
  try {
    return study.run(laboratory);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    return {.name = std::string(study.name), .title = std::string(study.what), .failure = error.what()};
  }
}

}  // namespace

seconds expected_time(const ExperimentOptions& options) {
  seconds total{0};
  for (const Study& study : chosen(options)) total += expected(study, options.quick);
  return total;
}

ExperimentOutcome run_experiment(const ExperimentOptions& options, const StorePrograms& programs,
                                 const std::function<void(const Progress&)>& progress) {
  const std::vector<Study> studies = chosen(options);
  const auto total = static_cast<double>(expected_time(options).count());
  std::filesystem::create_directories(options.out);

  Progress at{.studies = studies.size(), .what = {}};
  double done_before = 0;
  double present = 0;
  Laboratory laboratory(programs, options.quick, [&](double share) {
    at.share = (done_before + share * present) / total;
    progress(at);
  });
  const auto begin = std::chrono::steady_clock::now();
  Report report{.begun = SystemClock().wall(),
                .version = options.version,
                .command = options.command,
                .machine = describe_machine(laboratory.folder()),
                .sections = {}};
  ExperimentOutcome outcome{.report = options.out / "report.html", .failures = {}};
  try {
    for (const Study& study : studies) {
      ++at.study;
      at.what = study.what;
      present = static_cast<double>(expected(study, options.quick).count());
      laboratory.done(0);
      report.sections.push_back(perform(study, laboratory));
      write_tables(options.out, report.sections.back());
      if (const auto& failure = report.sections.back().failure; !failure.empty())
        outcome.failures.push_back(fmt::format("{}: {}", study.name, failure));
      done_before += present;
    }
  } catch (const Interrupted&) {
    outcome.interrupted = report.interrupted = true;
  }
  report.took = std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - begin);
  write_file(options.out / "earlier-stores.csv", to_csv(earlier_stores()));
  write_file(outcome.report, to_html(report));
  return outcome;
}

}  // namespace bazar::experiment
