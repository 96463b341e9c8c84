#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "catalog/sqlite/reads.hpp"

namespace bazar::catalog {
namespace {

constexpr std::int64_t max_counted_matches = 10'000;
constexpr std::size_t max_query_words = 32;

constexpr db::Sql count_matches(
    "SELECT count(*) FROM (SELECT 1 FROM books_fts WHERE books_fts MATCH ? LIMIT ?)");
// A match in the title counts most. Materialized: the function can only be used where the index is scanned.
constexpr db::Sql select_ranked(
    "WITH matches AS MATERIALIZED ("
    "  SELECT rowid AS id, bm25(books_fts, 10.0, 5.0, 2.0) AS score FROM books_fts WHERE books_fts MATCH ?1)"
    "SELECT id, score FROM matches WHERE score > ?2 OR (score = ?2 AND id > ?3) ORDER BY score, id LIMIT ?4");
constexpr db::Sql select_by_id(
    "SELECT rowid FROM books_fts WHERE books_fts MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?");

bool is_space(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; }

/// Each word as a quoted FTS5 string, in which nothing but the quotation mark is special; the last one as a
/// prefix. What is no word to the tokenizer (punctuation) matches everything, as FTS5 leaves an empty phrase
/// out.
std::expected<std::string, FieldError> match_expression(std::string_view query) {
  std::string expression;
  std::size_t words = 0;
  bool inside = false;
  for (const char c : query) {
    if (is_space(c)) {
      if (std::exchange(inside, false)) expression += "\" ";
      continue;
    }
    if (!std::exchange(inside, true)) {
      expression += '"';
      ++words;
    }
    expression += c == '"' ? std::string_view("\"\"") : std::string_view(&c, 1);
  }
  if (words > max_query_words)
    return std::unexpected(FieldError{"q", fmt::format("at most {} words", max_query_words)});
  if (words == 0) return expression;
  if (inside) expression += "\" ";
  expression += '*';
  return expression;
}

/// Where a page of matches ended. Very many matches are not ranked but in order of id.
struct SearchCursor {
  bool ranked = true;
  double score = -std::numeric_limits<double>::infinity();
  std::int64_t id = 0;
};

std::string to_text(const SearchCursor& cursor) {
  if (!cursor.ranked) return fmt::format("i-{:x}", cursor.id);
  return fmt::format("r{:016x}-{:x}", std::bit_cast<std::uint64_t>(cursor.score), cursor.id);
}

template <class Integer>
std::optional<Integer> parse_hex(std::string_view digits) {
  Integer value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
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

}  // namespace

std::expected<SearchPage, FieldError> CatalogReader::search(const std::string& query,
                                                            const std::optional<std::string>& after,
                                                            std::size_t limit) {
  const auto expression = match_expression(query);
  if (!expression) return std::unexpected(expression.error());
  std::optional<SearchCursor> cursor;
  if (after) {
    cursor = parse_cursor(*after);
    if (!cursor) return std::unexpected(FieldError{"after", "not a cursor of a former page"});
  }
  SearchPage page;
  if (expression->empty()) return page;
  {
    db::Query count = database_.query(count_matches, *expression, max_counted_matches);
    count.next();
    page.total = count.integer(0);
  }
  if (!cursor) cursor = SearchCursor{.ranked = page.total < max_counted_matches};

  const auto rows_wanted = static_cast<std::int64_t>(limit) + 1;
  db::Query rows = cursor->ranked
                       ? database_.query(select_ranked, *expression, cursor->score, cursor->id, rows_wanted)
                       : database_.query(select_by_id, *expression, cursor->id, rows_wanted);
  SearchCursor last = *cursor;
  while (rows.next()) {
    if (page.books.size() == limit) {
      page.next = to_text(last);
      break;
    }
    last.id = rows.integer(0);
    if (last.ranked) last.score = rows.real(1);
    if (auto found = book(BookId{last.id})) page.books.push_back(std::move(*found));
  }
  return page;
}

}  // namespace bazar::catalog
