#include "catalog/writes/write_batch.hpp"

#include <algorithm>

namespace bazar::catalog {

std::size_t work_items(const WriteRequest& request) {
  if (const auto* import = std::get_if<ImportBooks>(&request))
    return std::max<std::size_t>(import->items.size(), 1);
  const auto* sell = std::get_if<SellBooks>(&request);
  if (sell == nullptr) return 1;
  std::size_t items = sell->projected.size();
  for (const SaleRequest& sale : sell->sales) items += sale.lines.size();
  return std::max<std::size_t>(items, 1);
}

WriteBatch::WriteBatch(BatchRows& rows, const CatalogIdentity& identity, milliseconds lease, WallTime now)
    : rows_(rows),
      identity_(identity),
      lease_(lease),
      now_(now),
      before_(rows.counters()),
      revision_(before_.revision) {
  changes_.now = now;
  changes_.ledger_revision = before_.revision + 1;
}

WriteOutcome WriteBatch::apply(const WriteRequest& request) {
  return std::visit([this](const auto& each) { return decide(each); }, request);
}

WriteBatch::Working& WriteBatch::working(BookId id) {
  const auto [place, inserted] = working_.try_emplace(id);
  Working& working = place->second;
  if (inserted) {
    if (auto book = rows_.book(id)) {
      working.book = std::move(*book);
      working.former_isbn = working.book.isbn;
      working.exists = working.existed = true;
    } else {
      working.book.id = id;
    }
  }
  return working;
}

// Every state of a book that its editors are told of has a version of its own, also where one batch makes
// several: else one editor's If-Match would fit what another has made of the book since. Sales of a batch
// share one.
void WriteBatch::mark_changed(Working& working, Change change) {
  if (working.last_change == Change::none) {
    working.book.version = before_.revision + 1;
    changed_.push_back(working.book.id);
  } else if (working.last_change == Change::edit || change == Change::edit) {
    ++working.book.version;
  }
  working.last_change = change;
  revision_ = std::max(revision_, working.book.version);
}

void WriteBatch::record_ledger(BookId id, std::int64_t delta, stored::LedgerReason reason) {
  if (delta != 0) changes_.ledger.push_back({id, delta, reason});
}

const BatchChanges& WriteBatch::finish() {
  std::ranges::sort(changed_);  // pages of the stock table are written in their order
  changes_.books.reserve(changed_.size());
  for (const BookId id : changed_) {
    Working& working = working_.at(id);
    const bool released = working.existed && working.former_isbn &&
                          (!working.exists || working.former_isbn != working.book.isbn);
    changes_.books.push_back(
        {std::move(working.book), working.existed, working.exists, working.edited, released});
  }
  for (auto& [name, incarnations] : members_) {
    for (std::size_t i = 0; i < incarnations.records.size(); ++i) {
      if (incarnations.dirty[i]) changes_.members.push_back(std::move(incarnations.records[i]));
    }
  }
  return changes_;
}

std::vector<BookId> WriteBatch::changed_ids() const { return changed_; }

std::vector<Book> WriteBatch::take_changed_books() {
  std::vector<Book> books;
  for (BatchChanges::ChangedBook& changed : changes_.books) {
    if (changed.exists) books.push_back(std::move(changed.book));
  }
  return books;
}

WriteOutcome WriteBatch::decide(const Probe&) {
  changes_.probe = true;
  return std::monostate{};
}

WriteOutcome WriteBatch::decide(const PruneRecords& request) { return rows_.prune(request.older_than); }

}  // namespace bazar::catalog
