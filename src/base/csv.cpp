#include "base/csv.hpp"

#include <string_view>

namespace bazar {
namespace {

void append_quoted(std::string& out, std::string_view cell) {
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const auto& cell : cells) {
    if (!line.empty()) line += ',';
    append_quoted(line, cell);
  }
  return line += "\r\n";
}

}  // namespace bazar
