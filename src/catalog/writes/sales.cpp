#include "catalog/writes/write_batch.hpp"

namespace bazar::catalog {
namespace {

std::string_view bytes_of(const OrderId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

}  // namespace

WriteOutcome WriteBatch::decide(const SellBooks& request) {
  std::vector<SaleOutcome> outcomes;
  outcomes.reserve(request.sales.size());
  for (const SaleRequest& sale : request.sales) outcomes.push_back(sell(sale));
  for (const OrderId& order_id : request.projected) changes_.projected.push_back(&order_id);
  return outcomes;
}

SaleOutcome WriteBatch::sell(const SaleRequest& sale) {
  const auto [place, first] = sales_.try_emplace(sale.key, changes_.sales.size());
  if (!first) {
    const BatchChanges::NewSale& decided = changes_.sales[place->second];
    return decided.request->fingerprint == sale.fingerprint ? replay(decided) : SaleOutcome{};
  }
  if (auto known = rows_.sale(sale.key)) {
    sales_.erase(place);
    return known->fingerprint == sale.fingerprint ? std::move(known->outcome) : SaleOutcome{};
  }
  SaleOutcome outcome = take_stock(sale);
  if (outcome.verdict == Verdict::sold) {
    // Another key has this order id: the caller's mistake, which must not spoil the batch.
    if (rows_.has_order(sale.order_id) || !order_ids_.insert(bytes_of(sale.order_id)).second) {
      put_back(*outcome.sale);
      sales_.erase(place);
      return {};
    }
    changes_.sales.push_back(
        {&sale, Verdict::sold, before_.revision + 1, lines_text(outcome.sale->lines, identity_.currency)});
    for (const SoldLine& line : outcome.sale->lines) mark_changed(working(line.book_id), Change::sale);
  } else {
    changes_.sales.push_back({&sale, outcome.verdict, before_.revision, lines_text(outcome.refused)});
  }
  return outcome;
}

Sale WriteBatch::sale_of(const SaleRequest& request) const {
  return {.order_id = request.order_id,
          .key = request.key,
          .name = request.name,
          .currency = identity_.currency.code,
          .lines = {},
          .sold_at = now_,
          .version = before_.revision + 1};
}

SaleOutcome WriteBatch::replay(const BatchChanges::NewSale& sale) const {
  SaleOutcome outcome{.verdict = sale.verdict, .replayed = true, .sale = {}, .refused = {}};
  if (sale.verdict == Verdict::sold) {
    outcome.sale = sale_of(*sale.request);
    outcome.sale->lines = sold_lines_from_text(sale.lines, identity_.currency);
  } else {
    outcome.refused = refused_lines_from_text(sale.lines);
  }
  return outcome;
}

// All lines or none. Stock is taken line by line, so that a book that stands on two lines is counted twice.
SaleOutcome WriteBatch::take_stock(const SaleRequest& request) {
  SaleOutcome outcome{.verdict = Verdict::sold, .replayed = false, .sale = sale_of(request), .refused = {}};
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
  }
  return outcome;
}

void WriteBatch::put_back(const Sale& sale) {
  for (const SoldLine& line : sale.lines) working(line.book_id).book.quantity += line.quantity;
}

}  // namespace bazar::catalog
