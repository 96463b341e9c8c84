#include "json/encode.hpp"

namespace bazar::json::detail {
namespace {

// What follows the backslash of a byte that needs one; 'u' for \u00XX, 0 for bytes that stand for themselves.
constexpr auto escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t control = 0; control < 0x20; ++control) table[control] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

// Most texts need no escape, which a pass without branches tells many bytes at a time.
bool is_plain(std::string_view text) {
  bool escaped = false;
  for (const char c : text) {
    escaped |= (static_cast<unsigned char>(c) < 0x20) | (c == '"') | (c == '\\');
  }
  return !escaped;
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  if (is_plain(text)) {
    out.append(text) += '"';
    return;
  }
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = escapes[byte];
    if (escape == 0) continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') out.append({'0', '0', hex[byte >> 4], hex[byte & 0xF]});
  }
  out.append(text, copied);
  out += '"';
}

}  // namespace bazar::json::detail
