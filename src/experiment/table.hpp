#pragma once

#include <string>
#include <variant>
#include <vector>

#include "report/statistics.hpp"

namespace bazar::experiment {

/// A text, a number in its column's unit, or an estimate with its interval.
using Cell = std::variant<std::string, double, report::Estimate>;

struct Column {
  std::string name;
  std::string unit = {};  ///< `ms`; empty for texts, counts and ratios
};

struct Table {
  std::string name;     ///< of its CSV file, without the ending
  std::string caption;  ///< a sentence
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  ///< a cell for each column; those of one column are of one kind
};

/// RFC 4180 with a line of headings such as `info median [ms]`; numbers in full. A column of estimates
/// becomes three: the value, and where its interval begins and ends (empty where it is not bounded).
[[nodiscard]] std::string to_csv(const Table& table);

/// An HTML table, numbers rounded for a reader.
[[nodiscard]] std::string to_html(const Table& table);

}  // namespace bazar::experiment
