#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.hpp"
#include "catalog/wire.hpp"

namespace bazar::cli {

/// The values of one row as its file has them. Empty text is no value.
struct BookFields {
  std::optional<std::string> id;
  std::optional<std::string> title;
  std::optional<std::string> topic;
  std::optional<std::string> price;
  std::optional<std::string> currency;
  std::optional<std::string> quantity;
  std::optional<std::vector<std::string>> authors;
  std::optional<std::string> isbn;
  std::optional<std::string> year;
  std::optional<std::string> language;
  std::optional<std::string> description;
  std::string source_key;  ///< by which the file itself knows the row, where that is no id for a store
};

inline constexpr std::array<std::string_view, 11> book_field_names = {
    "id",      "title", "topic", "price",    "currency",   "quantity",
    "authors", "isbn",  "year",  "language", "description"};

/// The member of that name, other than `authors`; null where there is none.
[[nodiscard]] std::optional<std::string>* text_field(BookFields& fields, std::string_view name);

/// For rows that have none of their own.
struct RowDefaults {
  std::string topic;
  std::string price;
  std::string quantity;
};

struct BookRow {
  catalog::wire::ImportRow row;
  unsigned warnings = 0;  ///< optional values that were unusable and left out
};

/// Makes the book to import, or says why there can be none. An unusable ISBN, year or language is left out;
/// everything else has to be right.
[[nodiscard]] std::expected<BookRow, std::string> make_row(BookFields fields, const RowDefaults& defaults,
                                                           const Currency& currency);

/// What the catalog knows the row by for good: `isbn:…`, else `id:…`, else `row:` and a digest of title,
/// authors and year.
[[nodiscard]] std::string row_key(const catalog::BookDraft& book, std::string_view source_key);

/// A year as people write it: `2008`, `2008.0`, `-750`.
[[nodiscard]] std::optional<int> parse_year(std::string_view text);

/// `A, B` → A and B; parts that are empty are none.
[[nodiscard]] std::vector<std::string> split_authors(std::string_view text);

}  // namespace bazar::cli
