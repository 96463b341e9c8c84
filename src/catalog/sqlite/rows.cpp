#include "catalog/sqlite/rows.hpp"

#include <algorithm>

namespace bazar::catalog {
namespace {

OrderId order_id_from(std::span<const std::uint8_t> bytes) {
  OrderId id;
  if (bytes.size() != id.bytes.size()) throw Unavailable("the database holds a damaged order id");
  std::ranges::copy(bytes, id.bytes.begin());
  return id;
}

}  // namespace

Book book_from(const db::Query& row, const Currency& currency) {
  Book book;
  book.id = BookId{row.integer(0)};
  book.title = row.text(1);
  book.topic = row.text(2);
  book.price = Money{row.integer(3)};
  book.currency = currency.code;
  book.quantity = row.integer(4);
  book.version = row.integer(5);
  if (const auto authors = row.optional_text(6)) book.authors = authors_from_text(*authors);
  book.isbn = row.optional_text(7);
  if (const auto year = row.optional_integer(8)) book.year = static_cast<int>(*year);
  book.language = row.optional_text(9);
  book.description = row.optional_text(10);
  return book;
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
