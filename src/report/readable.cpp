#include "report/readable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bazar::report {
namespace {

constexpr int significant_digits = 3;

void group_thousands(std::string& digits) {
  const std::size_t begin = digits.starts_with('-') ? 1 : 0;
  std::size_t at = std::min(digits.find('.'), digits.size());
  while (at > begin + 3) digits.insert(at -= 3, 1, ',');
}

/// Zeros after the point that say nothing more.
void drop_trailing_zeros(std::string& digits) {
  if (digits.find('.') == std::string::npos) return;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
}

}  // namespace

std::string readable(double value) {
  if (!std::isfinite(value)) return "–";
  if (value == 0) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  std::string digits = fmt::format("{:.{}f}", value, std::max(0, significant_digits - 1 - magnitude));
  drop_trailing_zeros(digits);
  group_thousands(digits);
  return digits;
}

std::string escape_markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace bazar::report
