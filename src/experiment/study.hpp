#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "experiment/laboratory.hpp"
#include "experiment/report.hpp"

namespace bazar::experiment {

/// One question that is answered by measuring.
struct Study {
  std::string_view name;  ///< for `--only`
  std::string_view what;  ///< a few words
  // About how long it takes, on a machine of two cores.
  std::chrono::seconds full;
  std::chrono::seconds quick;
  /// Throws std::exception where it cannot be done, Interrupted.
  Section (*run)(Laboratory& laboratory);
};

/// In the order of the report.
[[nodiscard]] std::span<const Study> all_studies();

}  // namespace bazar::experiment
