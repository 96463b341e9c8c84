#include "catalog/writes/records.hpp"

#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::catalog {
namespace {

// The store wrote the text itself: if it does not parse, the database is damaged.
template <class T>
T parse_stored(std::string_view text, const Currency& currency = {}) {
  auto value = json::decode<T>(text, {.money_decimals = currency.decimals});
  if (!value) throw Unavailable("the database holds a damaged record: " + value.error().detail);
  return std::move(*value);
}

}  // namespace

std::optional<std::string> authors_text(const std::optional<std::vector<std::string>>& authors) {
  if (!authors) return std::nullopt;
  return json::encode(*authors);
}

std::vector<std::string> authors_from_text(std::string_view text) {
  return parse_stored<std::vector<std::string>>(text);
}

std::string lines_text(const std::vector<SoldLine>& lines, const Currency& currency) {
  return json::encode(lines, {.money_decimals = currency.decimals});
}

std::string lines_text(const std::vector<RefusedLine>& lines) { return json::encode(lines); }

std::vector<SoldLine> sold_lines_from_text(std::string_view text, const Currency& currency) {
  return parse_stored<std::vector<SoldLine>>(text, currency);
}

std::vector<RefusedLine> refused_lines_from_text(std::string_view text) {
  return parse_stored<std::vector<RefusedLine>>(text);
}

std::string book_text(const Book& book, const Currency& currency) {
  return json::encode(book, {.money_decimals = currency.decimals});
}

Book book_from_text(std::string_view text, const Currency& currency) {
  return parse_stored<Book>(text, currency);
}

}  // namespace bazar::catalog
