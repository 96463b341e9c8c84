#include "catalog/postgres/rows.hpp"

namespace bazar::catalog {

using db::postgres::Row;

Book book_from(const Row& row, int first, const Currency& currency) {
  Book book;
  book.id = BookId{row.integer(first)};
  book.title = row.text(first + 1);
  book.topic = row.text(first + 2);
  book.price = Money{row.integer(first + 3)};
  book.currency = currency.code;
  book.quantity = row.integer(first + 4);
  book.version = row.integer(first + 5);
  if (!row.is_null(first + 6)) book.authors = authors_from_text(row.text(first + 6));
  book.isbn = row.optional_text(first + 7);
  if (const auto year = row.optional_integer(first + 8)) book.year = static_cast<int>(*year);
  book.language = row.optional_text(first + 9);
  book.description = row.optional_text(first + 10);
  return book;
}

Sale sale_from(const Row& row, const Currency& currency) {
  Sale sale;
  sale.order_id = OrderId{row.uuid(0)};
  sale.key = row.text(1);
  sale.name = row.text(2);
  sale.currency = currency.code;
  sale.lines = sold_lines_from_text(row.text(3), currency);
  sale.sold_at = wall_from(row.integer(4));
  sale.version = row.integer(5);
  return sale;
}

SaleOutcome outcome_from(const Row& row, const Currency& currency) {
  SaleOutcome outcome{
      .verdict = static_cast<Verdict>(row.integer(6)), .replayed = true, .sale = {}, .refused = {}};
  if (outcome.verdict == Verdict::sold) {
    outcome.sale = sale_from(row, currency);
  } else {
    outcome.refused = refused_lines_from_text(row.text(3));
  }
  return outcome;
}

MemberRecord member_from(const Row& row) {
  return {.member = {.role = static_cast<Role>(row.integer(0)),
                     .name = std::string(row.text(1)),
                     .url = std::string(row.text(2)),
                     .control_url = std::string(row.text(3)),
                     .incarnation = std::string(row.text(4)),
                     .state = static_cast<MemberState>(row.integer(5))},
          .lease = milliseconds(row.integer(6)),
          .changed_at = wall_from(row.integer(7))};
}

}  // namespace bazar::catalog
