#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace bazar::http {

/// The small grammar of RFC 9110 that several files need.

[[nodiscard]] constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

[[nodiscard]] constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// Without spaces and tabs at either end (OWS).
[[nodiscard]] constexpr std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

inline constexpr std::string_view crlf = "\r\n";

/// Whether a header line is the field of that name.
[[nodiscard]] constexpr bool is_field(std::string_view line, std::string_view name) {
  // Our own lines mostly have the very letters.
  return line.size() > name.size() && line[name.size()] == ':' &&
         (line.starts_with(name) || equal_ignoring_case(line.substr(0, name.size()), name));
}

/// A header line.
inline void append_field(std::string& out, std::string_view name, std::string_view value) {
  const std::size_t begin = out.size();
  const std::size_t end = begin + name.size() + value.size() + 4;
  // In one piece: appending four would ask four times whether there is room.
  out.resize_and_overwrite(end, [&](char* text, std::size_t /* of libstdc++ 12: the capacity */) {
    char* at = text + begin;
    at += name.copy(at, name.size());
    *at++ = ':';
    *at++ = ' ';
    at += value.copy(at, value.size());
    *at++ = '\r';
    *at = '\n';
    return end;
  });
}

inline constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

[[nodiscard]] constexpr bool is_token(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return token_characters[static_cast<unsigned char>(c)]; });
}

/// Takes the next element off a comma-separated list, trimmed; nothing at the end. Quoted commas do not
/// split.
[[nodiscard]] constexpr std::optional<std::string_view> next_list_element(std::string_view& list) {
  if (list.empty()) return std::nullopt;
  bool quoted = false;
  std::size_t i = 0;
  for (; i < list.size() && (quoted || list[i] != ','); ++i) {
    if (list[i] == '"') quoted = !quoted;
  }
  const std::string_view element = trim_blanks(list.substr(0, i));
  list.remove_prefix(std::min(i + 1, list.size()));
  return element;
}

}  // namespace bazar::http
