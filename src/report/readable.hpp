#pragma once

#include <string>
#include <string_view>

namespace bazar::report {

/// For a person: three significant digits, at least all of the whole part, thousands apart: `0.0123`, `4.57`,
/// `12,300`. `–` where it is not finite.
[[nodiscard]] std::string readable(double value);

/// `text` as the content of an HTML or SVG element, or of an attribute between quotation marks.
[[nodiscard]] std::string escape_markup(std::string_view text);

}  // namespace bazar::report
