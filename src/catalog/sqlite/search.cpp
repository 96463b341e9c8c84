#include "catalog/search_query.hpp"
#include "catalog/sqlite/reads.hpp"

namespace bazar::catalog {
namespace {

constexpr db::Sql count_matches(
    "SELECT count(*) FROM (SELECT 1 FROM books_fts WHERE books_fts MATCH ? LIMIT ?)");
// A match in the title counts most. Materialized: the function can only be used where the index is scanned.
constexpr db::Sql select_ranked(
    "WITH matches AS MATERIALIZED ("
    "  SELECT rowid AS id, bm25(books_fts, 10.0, 5.0, 2.0) AS score FROM books_fts WHERE books_fts MATCH ?1)"
    "SELECT id, score FROM matches WHERE score > ?2 OR (score = ?2 AND id > ?3) ORDER BY score, id LIMIT ?4");
constexpr db::Sql select_by_id(
    "SELECT rowid FROM books_fts WHERE books_fts MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?");

/// Each word as a quoted FTS5 string, in which nothing but the quotation mark is special; the last one as a
/// prefix. What is no word to the tokenizer (punctuation) matches everything, as FTS5 leaves an empty phrase
/// out.
std::string match_expression(const std::vector<std::string>& words) {
  std::string expression;
  for (const std::string& word : words) {
    expression += expression.empty() ? "\"" : " \"";
    for (const char c : word) expression += c == '"' ? std::string_view("\"\"") : std::string_view(&c, 1);
    expression += '"';
  }
  if (!words.empty()) expression += " *";
  return expression;
}

}  // namespace

std::expected<SearchPage, FieldError> CatalogReader::search(const std::string& query,
                                                            const std::optional<std::string>& after,
                                                            std::size_t limit) {
  const auto words = search_words(query);
  if (!words) return std::unexpected(words.error());
  const std::string expression = match_expression(*words);
  std::optional<SearchCursor> cursor;
  if (after) {
    cursor = parse_cursor(*after);
    if (!cursor) return std::unexpected(FieldError{"after", "not a cursor of a former page"});
  }
  SearchPage page;
  if (expression.empty()) return page;
  {
    db::Query count = database_.query(count_matches, expression, max_counted_matches);
    count.next();
    page.total = count.integer(0);
  }
  if (!cursor) cursor = SearchCursor{.ranked = page.total < max_counted_matches};

  const auto rows_wanted = static_cast<std::int64_t>(limit) + 1;
  db::Query rows = cursor->ranked
                       ? database_.query(select_ranked, expression, cursor->score, cursor->id, rows_wanted)
                       : database_.query(select_by_id, expression, cursor->id, rows_wanted);
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
