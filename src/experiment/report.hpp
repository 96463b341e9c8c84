#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "experiment/machine.hpp"
#include "experiment/table.hpp"

namespace bazar::experiment {

/// What one study came to.
struct Section {
  std::string name = {};                  ///< as `--only` calls it
  std::string title = {};                 ///< a heading
  std::string question = {};              ///< a sentence that ends with a question mark
  std::string set_up = {};                ///< what was done, in a few sentences
  std::vector<std::string> results = {};  ///< sentences made from what was measured
  std::vector<std::string> plots = {};    ///< of report/svg_plot.hpp
  std::vector<Table> tables = {};
  std::vector<Table> data_only = {};      ///< for CSV; too long to be read
  std::vector<std::string> remarks = {};  ///< what to bear in mind; what was not done, and why
  std::string failure = {};               ///< why there is nothing of the above
};

struct Report {
  WallTime begun;
  std::chrono::seconds took{};
  std::string version;  ///< of the program
  std::string command;  ///< by which it can be repeated
  Machine machine;
  std::vector<Section> sections;
  bool interrupted = false;
};

/// One HTML file with everything in it: no script, no reference to anything outside; light or dark as the
/// reader prefers.
[[nodiscard]] std::string to_html(const Report& report);

/// What the earlier stores' reports say of themselves. On other machines.
[[nodiscard]] Table earlier_stores();

}  // namespace bazar::experiment
