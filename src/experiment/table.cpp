#include "experiment/table.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/assert.hpp"
#include "base/csv.hpp"
#include "report/readable.hpp"

namespace bazar::experiment {

using report::escape_markup;
using report::Estimate;
using report::readable;

namespace {

std::string in_full(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

bool has_estimates(const Table& table, std::size_t column) {
  return !table.rows.empty() && std::holds_alternative<Estimate>(table.rows.front()[column]);
}

std::string heading_of(const Column& column, std::string_view suffix = "") {
  const std::string name = column.name + std::string(suffix);
  return column.unit.empty() ? name : fmt::format("{} [{}]", name, column.unit);
}

std::vector<std::string> csv_headings(const Table& table) {
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    cells.push_back(heading_of(table.columns[i]));
    if (!has_estimates(table, i)) continue;
    cells.push_back(heading_of(table.columns[i], ", 95 % from"));
    cells.push_back(heading_of(table.columns[i], ", 95 % to"));
  }
  return cells;
}

std::vector<std::string> csv_cells(const std::vector<Cell>& row) {
  std::vector<std::string> cells;
  for (const Cell& cell : row) {
    if (const auto* text = std::get_if<std::string>(&cell)) {
      cells.push_back(*text);
    } else if (const auto* number = std::get_if<double>(&cell)) {
      cells.push_back(in_full(*number));
    } else {
      const auto& estimated = std::get<Estimate>(cell);
      for (const double value : {estimated.value, estimated.low, estimated.high})
        cells.push_back(in_full(value));
    }
  }
  return cells;
}

std::string html_cell(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell))
    return fmt::format("<td>{}</td>", escape_markup(*text));
  if (const auto* number = std::get_if<double>(&cell))
    return fmt::format(R"(<td class="number">{}</td>)", readable(*number));
  const auto& estimated = std::get<Estimate>(cell);
  const std::string interval = estimated.is_bounded()
                                   ? fmt::format(R"( <span class="interval">{} … {}</span>)",
                                                 readable(estimated.low), readable(estimated.high))
                                   : "";
  return fmt::format(R"(<td class="number">{}{}</td>)", readable(estimated.value), interval);
}

}  // namespace

std::string to_csv(const Table& table) {
  std::string out = csv_line(csv_headings(table));
  for (const auto& row : table.rows) {
    BAZAR_ASSERT(row.size() == table.columns.size(), "a cell for each column");
    out += csv_line(csv_cells(row));
  }
  return out;
}

std::string to_html(const Table& table) {
  std::string out = fmt::format(R"(<div class="scroll"><table><caption>{}</caption><thead><tr>)",
                                escape_markup(table.caption));
  for (const Column& column : table.columns) {
    const std::string unit =
        column.unit.empty() ? ""
                            : fmt::format("<br><span class=\"unit\">{}</span>", escape_markup(column.unit));
    out += fmt::format(R"(<th scope="col">{}{}</th>)", escape_markup(column.name), unit);
  }
  out += "</tr></thead><tbody>";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (const Cell& cell : row) out += html_cell(cell);
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

}  // namespace bazar::experiment
