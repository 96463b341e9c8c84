#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bazar::cli {

/// The ISBN-13 that `text` stands for: hyphens and blanks are ignored, an ISBN-10 is converted, one that a
/// spreadsheet took for a number gets its leading zeros back (and loses its `.0`). Empty where the check
/// digit does not fit or digits were lost (`9.78043902348e+12`).
[[nodiscard]] std::optional<std::string> to_isbn13(std::string_view text);

}  // namespace bazar::cli
