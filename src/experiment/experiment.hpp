#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "experiment/store.hpp"

namespace bazar::experiment {

struct ExperimentOptions {
  std::filesystem::path out;      ///< made where it is missing
  std::vector<std::string> only;  ///< names of studies; empty: all
  bool quick = false;
  std::string version;  ///< of this program
  std::string command;  ///< as it was called
};

/// How far the whole is.
struct Progress {
  std::size_t study = 0;  ///< from 1
  std::size_t studies = 0;
  std::string what;  ///< the present study
  double share = 0;  ///< of the expected time, 0 … 1
};

/// About how long it takes.
[[nodiscard]] std::chrono::seconds expected_time(const ExperimentOptions& options);

struct ExperimentOutcome {
  std::filesystem::path report;
  std::vector<std::string> failures;  ///< studies that could not be done, and why
  bool interrupted = false;
};

/// Does the studies one after the other, each with stores of its own, and writes `report.html` and a CSV file
/// for each table. Interrupted by SIGINT or SIGTERM it ends its stores and reports what it has. From the main
/// thread. Throws std::system_error or std::runtime_error where it cannot write.
ExperimentOutcome run_experiment(const ExperimentOptions& options, const StorePrograms& programs,
                                 const std::function<void(const Progress&)>& progress);

}  // namespace bazar::experiment
