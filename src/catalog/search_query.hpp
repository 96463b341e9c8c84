#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.hpp"

namespace bazar::catalog {

inline constexpr std::int64_t max_counted_matches = 10'000;
inline constexpr std::size_t max_query_words = 32;

/// What stands between blanks and control characters. Refused where there is too much of it.
[[nodiscard]] std::expected<std::vector<std::string>, FieldError> search_words(std::string_view query);

/// Where a page of matches ended. Very many matches are not ranked but in order of id.
struct SearchCursor {
  bool ranked = true;
  double score = -std::numeric_limits<double>::infinity();  ///< less is better
  std::int64_t id = 0;
};

[[nodiscard]] std::string to_text(const SearchCursor& cursor);
/// Empty where `to_text` does not write such a text.
[[nodiscard]] std::optional<SearchCursor> parse_cursor(std::string_view text);

}  // namespace bazar::catalog
