#include "base/assert.hpp"
#include "catalog/sqlite/batch.hpp"
#include "catalog/sqlite/rows.hpp"

namespace bazar::catalog {
namespace {

constexpr db::Sql select_sale_by_key(
    "SELECT order_id, key, name, lines, sold_at, version, verdict, fingerprint FROM sales WHERE key = ?");
constexpr db::Sql insert_sale(
    "INSERT INTO sales(key, order_id, fingerprint, name, lines, verdict, sold_at, version) VALUES(?, ?, ?, "
    "?, ?, ?, ?, ?) "
    "ON CONFLICT(order_id) DO NOTHING");
constexpr db::Sql insert_unprojected("INSERT INTO unprojected_sales VALUES(?)");
constexpr db::Sql delete_unprojected(
    "DELETE FROM unprojected_sales WHERE id = (SELECT id FROM sales WHERE order_id = ?)");

}  // namespace

WriteOutcome WriteBatch::decide(const SellBooks& request) {
  std::vector<SaleOutcome> outcomes;
  outcomes.reserve(request.sales.size());
  for (const SaleRequest& sale : request.sales) outcomes.push_back(sell(sale));
  for (const OrderId& order_id : request.projected) mark_projected(order_id);
  return outcomes;
}

SaleOutcome WriteBatch::sell(const SaleRequest& sale) {
  {
    db::Query known = database_.query(select_sale_by_key, sale.key);
    if (known.next()) {
      if (known.text(7) != sale.fingerprint) return {};
      return outcome_from(known, identity_.currency);
    }
  }
  SaleOutcome outcome = take_stock(sale);
  if (outcome.verdict == Verdict::sold) {
    const std::int64_t recorded =
        database_.run(insert_sale, sale.key, db::Blob{sale.order_id.bytes}, sale.fingerprint, sale.name,
                      lines_text(outcome.sale->lines, identity_.currency), static_cast<int>(outcome.verdict),
                      to_stored(now_), before_ + 1);
    if (recorded ==
        0) {  // another key has this order id: the caller's mistake, which must not spoil the batch
      put_back(*outcome.sale);
      return {};
    }
    database_.run(insert_unprojected, database_.last_insert_id());
    for (const SoldLine& line : outcome.sale->lines) mark_changed(working(line.book_id), Change::sale);
  } else {
    database_.run(insert_sale, sale.key, std::nullopt, sale.fingerprint, sale.name,
                  lines_text(outcome.refused), static_cast<int>(outcome.verdict), to_stored(now_), before_);
  }
  return outcome;
}

// All lines or none. Stock is taken line by line, so that a book that stands on two lines is counted twice.
SaleOutcome WriteBatch::take_stock(const SaleRequest& request) {
  SaleOutcome outcome{.verdict = Verdict::sold, .replayed = false, .sale = Sale{}, .refused = {}};
  Sale& sale = *outcome.sale;
  sale.lines.reserve(request.lines.size());
  for (const SaleLine& line : request.lines) {
    Working& present = working(line.book_id);
    const std::int64_t available = present.exists ? present.book.quantity : 0;
    if (present.exists && available >= line.quantity) {
      present.book.quantity -= line.quantity;
      sale.lines.push_back({line.book_id, present.book.title, line.quantity, present.book.price});
    } else {
      outcome.refused.push_back({line.book_id, line.quantity, available});
      if (outcome.verdict != Verdict::not_found) {
        outcome.verdict = present.exists ? Verdict::out_of_stock : Verdict::not_found;
      }
    }
  }
  if (outcome.verdict != Verdict::sold) {
    put_back(sale);
    outcome.sale.reset();
    return outcome;
  }
  sale.order_id = request.order_id;
  sale.key = request.key;
  sale.name = request.name;
  sale.currency = identity_.currency.code;
  sale.sold_at = now_;
  sale.version = before_ + 1;
  return outcome;
}

void WriteBatch::put_back(const Sale& sale) {
  for (const SoldLine& line : sale.lines) working(line.book_id).book.quantity += line.quantity;
}

void WriteBatch::mark_projected(const OrderId& order_id) {
  database_.run(delete_unprojected, db::Blob{order_id.bytes});
}

}  // namespace bazar::catalog
