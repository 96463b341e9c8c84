#pragma once

#include "base/money.hpp"
#include "catalog/book.hpp"
#include "catalog/sale.hpp"
#include "catalog/writes/records.hpp"
#include "db/sqlite/database.hpp"

namespace bazar::catalog {

/// From a row of the view `shelf`.
[[nodiscard]] Book book_from(const db::Query& row, const Currency& currency);

struct EncodedRow {
  BookId id;
  Revision version = 0;
};
/// Appends what json::encode makes of `book_from(row, currency)`, without making that book. Says which it is.
EncodedRow encode_book(std::string& out, const db::Query& row, const Currency& currency);
/// From `order_id, key, name, lines, sold_at, version, verdict` of a sale that was made.
[[nodiscard]] Sale sale_from(const db::Query& row, const Currency& currency);
/// What a sale on record was decided as, marked as a replay. From the same columns.
[[nodiscard]] SaleOutcome outcome_from(const db::Query& row, const Currency& currency);

}  // namespace bazar::catalog
