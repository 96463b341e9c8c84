#include "catalog/search_query.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>

#include "base/ids.hpp"

namespace bazar::catalog {
namespace {

bool is_space(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; }

template <class Integer>
std::optional<Integer> parse_hex(std::string_view digits) {
  Integer value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::expected<std::vector<std::string>, FieldError> search_words(std::string_view query) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : query) {
    if (is_space(c)) {
      inside = false;
      continue;
    }
    if (!std::exchange(inside, true)) words.emplace_back();
    words.back() += c;
  }
  if (words.size() > max_query_words) {
    return std::unexpected(FieldError{"q", fmt::format("at most {} words", max_query_words)});
  }
  return words;
}

std::string to_text(const SearchCursor& cursor) {
  if (!cursor.ranked) return fmt::format("i-{:x}", cursor.id);
  return fmt::format("r{:016x}-{:x}", std::bit_cast<std::uint64_t>(cursor.score), cursor.id);
}

std::optional<SearchCursor> parse_cursor(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto id = parse_hex<std::int64_t>(text.substr(dash + 1));
  if (!id || *id < 1 || *id > BookId::max) return std::nullopt;
  if (text.substr(0, dash) == "i") return SearchCursor{.ranked = false, .score = 0, .id = *id};
  const auto bits =
      dash == 17 && text[0] == 'r' ? parse_hex<std::uint64_t>(text.substr(1, 16)) : std::nullopt;
  if (!bits) return std::nullopt;
  const SearchCursor cursor{.ranked = true, .score = std::bit_cast<double>(*bits), .id = *id};
  // Only what this store writes is taken: one spelling for each place.
  if (!std::isfinite(cursor.score) || to_text(cursor) != text) return std::nullopt;
  return cursor;
}

}  // namespace bazar::catalog
