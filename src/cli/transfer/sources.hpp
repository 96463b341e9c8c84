#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "cli/transfer/field_map.hpp"
#include "cli/transfer/row_source.hpp"

namespace bazar::cli {

enum class Format : std::uint8_t { json, csv, open_library };

/// `json`, `csv` or `openlibrary`; where `name` is empty, by the end of the file's name. Throws UsageError.
[[nodiscard]] Format format_of(std::string_view name, const std::filesystem::path& file);

/// Opens a file of rows. Throws Failure where it cannot be read, UsageError where `map` names a column that
/// it has not, or its format has none.
[[nodiscard]] std::unique_ptr<RowSource> open_source(const std::filesystem::path& file, Format format,
                                                     const FieldMap& map);

}  // namespace bazar::cli
