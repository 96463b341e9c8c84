#include "json/encode.hpp"

#include <algorithm>

#include "json/characters.hpp"

namespace bazar::json::detail {
namespace {

/// As long as any escape: \u00XX.
constexpr std::size_t longest_escape = 6;

bool needs_escape(char c) { return (c >= 0 && c < ' ') || c == '"' || c == '\\'; }

char* write_escape(char* place, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view named = "\b\f\n\r\t\"\\";
  constexpr std::string_view names = "bfnrt\"\\";
  *place++ = '\\';
  if (const auto known = named.find(c); known != std::string_view::npos) {
    *place++ = names[known];
    return place;
  }
  *place++ = 'u';
  *place++ = '0';
  *place++ = '0';
  *place++ = hex[static_cast<unsigned char>(c) >> 4];
  *place++ = hex[c & 0xF];
  return place;
}

}  // namespace

void Writer::enlarge(std::size_t used, std::size_t more) {
  const std::size_t size = std::max({used + more, 2 * used, std::size_t{256}});
  // What is behind `used` is written before `finish` cuts off the rest.
  out_.resize_and_overwrite(size, [](char*, std::size_t count) { return count; });
  at_ = out_.data() + used;
  end_ = out_.data() + size;
}

void Writer::write(std::string_view value) {
  const char* from = value.data();
  const char* const end = from + value.size();
  char* place = room(2 + value.size());
  *place++ = '"';
  for (; end - from >= 8; from += 8, place += 8) {
    const std::uint64_t word = load_word(from);
    if (escaped_bytes(word) != 0) break;
    std::memcpy(place, &word, sizeof word);
  }
  while (from != end && !needs_escape(*from)) *place++ = *from++;
  at_ = place;
  if (from != end) return write_escaped({from, end});
  *at_++ = '"';
}

void Writer::write_escaped(std::string_view rest) {
  char* place = room(rest.size() * longest_escape + 1);
  for (const char c : rest) {
    if (needs_escape(c)) {
      place = write_escape(place, c);
    } else {
      *place++ = c;
    }
  }
  *place++ = '"';
  at_ = place;
}

}  // namespace bazar::json::detail
