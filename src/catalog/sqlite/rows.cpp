#include "catalog/sqlite/rows.hpp"

#include <algorithm>
#include <boost/describe/class.hpp>

#include "catalog/encoded_books.hpp"
#include "json/encode.hpp"

namespace bazar::catalog {
namespace {

OrderId order_id_from(std::span<const std::uint8_t> bytes) {
  OrderId id;
  if (bytes.size() != id.bytes.size()) throw Unavailable("the database holds a damaged order id");
  std::ranges::copy(bytes, id.bytes.begin());
  return id;
}

/// A book as its row has it: texts in SQLite's memory, authors as JSON.
struct BookRow {
  BookId id;
  std::string_view title;
  std::string_view topic;
  Money price;
  std::string_view currency;
  std::int64_t quantity = 0;
  Revision version = 0;
  std::optional<json::Raw> authors;
  std::optional<std::string_view> isbn;
  std::optional<int> year;
  std::optional<std::string_view> language;
  std::optional<std::string_view> description;
};
BOOST_DESCRIBE_STRUCT(BookRow, (),
                      (id, title, topic, price, currency, quantity, version, authors, isbn, year, language,
                       description))

BookRow book_row(const db::Query& row, const Currency& currency) {
  BookRow book;
  book.id = BookId{row.integer(0)};
  book.title = row.text_view(1);
  book.topic = row.text_view(2);
  book.price = Money{row.integer(3)};
  book.currency = currency.code;
  book.quantity = row.integer(4);
  book.version = row.integer(5);
  if (const auto authors = row.optional_text_view(6)) book.authors = json::Raw{std::string(*authors)};
  book.isbn = row.optional_text_view(7);
  if (const auto year = row.optional_integer(8)) book.year = static_cast<int>(*year);
  book.language = row.optional_text_view(9);
  book.description = row.optional_text_view(10);
  return book;
}

}  // namespace

Book book_from(const db::Query& row, const Currency& currency) {
  const BookRow from = book_row(row, currency);
  Book book{.id = from.id,
            .title = std::string(from.title),
            .topic = std::string(from.topic),
            .price = from.price,
            .currency = currency.code,
            .quantity = from.quantity,
            .version = from.version,
            .authors = {},
            .isbn = std::optional<std::string>(from.isbn),
            .year = from.year,
            .language = std::optional<std::string>(from.language),
            .description = std::optional<std::string>(from.description)};
  if (from.authors) book.authors = authors_from_text(from.authors->text);
  return book;
}

EncodedRow encode_book(std::string& out, const db::Query& row, const Currency& currency) {
  BookRow book = book_row(row, currency);
  // Nearly always what json::encode wrote; what it is not may have another form, or be damaged.
  if (book.authors && !is_encoded_strings(book.authors->text))
    book.authors->text = json::encode(authors_from_text(book.authors->text));
  json::encode(out, book, {.money_decimals = currency.decimals});
  return {book.id, book.version};
}

Sale sale_from(const db::Query& row, const Currency& currency) {
  Sale sale;
  sale.order_id = order_id_from(row.blob(0));
  sale.key = row.text(1);
  sale.name = row.text(2);
  sale.currency = currency.code;
  sale.lines = sold_lines_from_text(row.text(3), currency);
  sale.sold_at = wall_from(row.integer(4));
  sale.version = row.integer(5);
  return sale;
}

SaleOutcome outcome_from(const db::Query& row, const Currency& currency) {
  SaleOutcome outcome{
      .verdict = static_cast<Verdict>(row.integer(6)), .replayed = true, .sale = {}, .refused = {}};
  if (outcome.verdict == Verdict::sold) {
    outcome.sale = sale_from(row, currency);
  } else {
    outcome.refused = refused_lines_from_text(row.text(3));
  }
  return outcome;
}

}  // namespace bazar::catalog
