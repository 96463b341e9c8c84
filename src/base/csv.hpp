#pragma once

#include <string>
#include <vector>

namespace bazar {

/// A record with its line break (RFC 4180); each cell between quotes.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& cells);

}  // namespace bazar
