#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "cli/transfer/book_row.hpp"

namespace bazar::cli {

/// Reads a line of an Open Library dump (openlibrary.org/developers/dumps): type, key, revision, time and
/// JSON between tabs. Of editions: title, the first usable ISBN, the year within the publishing date, the
/// first language and the first subject, which becomes the topic. Empty where the record is no edition.
[[nodiscard]] std::expected<std::optional<BookFields>, std::string> read_open_library_line(
    std::string_view line);

/// The first four digits that stand alone: `Jan 5, 1999`, `c1999`.
[[nodiscard]] std::optional<std::string> year_in(std::string_view date);

}  // namespace bazar::cli
