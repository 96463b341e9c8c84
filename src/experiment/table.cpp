#include "experiment/table.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <cmath>

#include "base/assert.hpp"
#include "experiment/readable.hpp"

namespace bazar::experiment {
namespace {

void append_csv_cell(std::string& line, std::string_view cell) {
  if (!line.empty()) line += ',';
  const std::size_t at = line.size();
  line.resize(at + csv_write(nullptr, 0, cell.data(), cell.size()));
  csv_write(line.data() + at, line.size() - at, cell.data(), cell.size());
}

std::string in_full(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

bool has_estimates(const Table& table, std::size_t column) {
  return !table.rows.empty() && std::holds_alternative<Estimate>(table.rows.front()[column]);
}

std::string heading_of(const Column& column, std::string_view suffix = "") {
  const std::string name = column.name + std::string(suffix);
  return column.unit.empty() ? name : fmt::format("{} [{}]", name, column.unit);
}

std::string csv_headings(const Table& table) {
  std::string line;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    append_csv_cell(line, heading_of(table.columns[i]));
    if (!has_estimates(table, i)) continue;
    append_csv_cell(line, heading_of(table.columns[i], ", 95 % from"));
    append_csv_cell(line, heading_of(table.columns[i], ", 95 % to"));
  }
  return line;
}

std::string csv_row(const std::vector<Cell>& row) {
  std::string line;
  for (const Cell& cell : row) {
    if (const auto* text = std::get_if<std::string>(&cell)) {
      append_csv_cell(line, *text);
    } else if (const auto* number = std::get_if<double>(&cell)) {
      append_csv_cell(line, in_full(*number));
    } else {
      const auto& estimated = std::get<Estimate>(cell);
      for (const double value : {estimated.value, estimated.low, estimated.high})
        append_csv_cell(line, in_full(value));
    }
  }
  return line;
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
  std::string out = csv_headings(table) + "\r\n";
  for (const auto& row : table.rows) {
    BAZAR_ASSERT(row.size() == table.columns.size(), "a cell for each column");
    out += csv_row(row) + "\r\n";
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
