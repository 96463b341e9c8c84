#include "cli/transfer/field_map.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/failure.hpp"
#include "cli/transfer/book_row.hpp"

namespace bazar::cli {

FieldMap::FieldMap(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals + 1 == pair.size())
      throw UsageError("--map wants pairs such as title=Name,topic=Subject");
    const auto field = pair.substr(0, equals);
    if (std::ranges::find(book_field_names, field) == book_field_names.end())
      throw UsageError(
          fmt::format("--map: a book has no {}; it has {}", field, fmt::join(book_field_names, ", ")));
    if (!sources_.emplace(field, pair.substr(equals + 1)).second)
      throw UsageError(fmt::format("--map names {} twice", field));
  }
}

std::string_view FieldMap::source_of(std::string_view field) const {
  const auto found = sources_.find(field);
  return found == sources_.end() ? field : std::string_view(found->second);
}

}  // namespace bazar::cli
