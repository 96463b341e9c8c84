#pragma once

#include "base/money.hpp"
#include "catalog/book.hpp"
#include "catalog/sale.hpp"
#include "db/sqlite/database.hpp"

namespace bazar::catalog {

/// From a row of the view `shelf`.
[[nodiscard]] Book book_from(const db::Query& row, const Currency& currency);
/// From `order_id, key, name, lines, sold_at, version, verdict` of a sale that was made.
[[nodiscard]] Sale sale_from(const db::Query& row, const Currency& currency);
/// What a sale on record was decided as, marked as a replay. From the same columns.
[[nodiscard]] SaleOutcome outcome_from(const db::Query& row, const Currency& currency);

[[nodiscard]] std::optional<std::string> authors_text(const std::optional<std::vector<std::string>>& authors);
[[nodiscard]] std::string lines_text(const std::vector<SoldLine>& lines, const Currency& currency);
[[nodiscard]] std::string lines_text(const std::vector<RefusedLine>& lines);

[[nodiscard]] std::string book_text(const Book& book, const Currency& currency);
[[nodiscard]] Book book_from_text(const std::string& text, const Currency& currency);

[[nodiscard]] inline std::int64_t to_stored(WallTime time) { return time.time_since_epoch().count(); }
[[nodiscard]] inline WallTime wall_from(std::int64_t stored) { return WallTime{milliseconds{stored}}; }

}  // namespace bazar::catalog
