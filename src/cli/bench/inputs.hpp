#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/plan.hpp"

namespace bazar::cli {

struct BenchInputs {
  std::int64_t books = 0;  ///< use 1 to this; 0: ask the store
  std::string popularity;  ///< `FILE:COLUMN`, or empty
};

/// Fills in the plan's books, their popularity and topics, where its mix needs them; what is not given is
/// asked of the first target. Throws Outage, Failure, UsageError.
void find_what_to_ask_for(load::Plan& plan, const BenchInputs& inputs);

/// The numbers of one column of a CSV file with a heading. Throws Failure or UsageError.
[[nodiscard]] std::vector<double> read_column(const std::string& file, const std::string& column);

/// `-` is standard output. Throws Failure.
void write_report(const std::string& file, const std::string& text);

}  // namespace bazar::cli
