#include "catalog/sqlite/batch.hpp"

#include <algorithm>

#include "catalog/sqlite/reads.hpp"
#include "catalog/sqlite/rows.hpp"

namespace bazar::catalog {
namespace {

constexpr std::int64_t prune_step = 1'000;

constexpr db::Sql upsert_stock(
    "INSERT INTO stock VALUES(?, ?, ?) ON CONFLICT(id) DO UPDATE SET quantity = excluded.quantity, version = "
    "excluded.version");
constexpr db::Sql update_revision(
    "UPDATE meta SET revision = ?1, listing_revision = iif(?2, ?1, listing_revision)");
constexpr db::Sql rewrite_revision("UPDATE meta SET revision = revision");
constexpr db::Sql insert_ledger(
    "INSERT INTO ledger(book_id, delta, reason, revision, at) VALUES(?, ?, ?, ?, ?)");
constexpr db::Sql delete_refusals(
    "DELETE FROM sales WHERE id IN (SELECT id FROM sales WHERE order_id IS NULL AND sold_at < ? LIMIT ?)");
constexpr db::Sql delete_write_keys(
    "DELETE FROM write_keys WHERE (kind, key) IN (SELECT kind, key FROM write_keys WHERE at < ? LIMIT ?)");
constexpr db::Sql delete_gone_members("DELETE FROM members WHERE state = 2 AND changed_at < ?");

}  // namespace

std::size_t work_items(const WriteRequest& request) {
  if (const auto* import = std::get_if<ImportBooks>(&request))
    return std::max<std::size_t>(import->items.size(), 1);
  const auto* sell = std::get_if<SellBooks>(&request);
  if (sell == nullptr) return 1;
  std::size_t items = sell->projected.size();
  for (const SaleRequest& sale : sell->sales) items += sale.lines.size();
  return std::max<std::size_t>(items, 1);
}

WriteBatch::WriteBatch(db::Database& database, const CatalogIdentity& identity, milliseconds lease,
                       WallTime now)
    : database_(database),
      identity_(identity),
      lease_(lease),
      now_(now),
      before_(CatalogReader(database, identity).revision()),
      revision_(before_) {}

WriteOutcome WriteBatch::apply(const WriteRequest& request) {
  return std::visit([this](const auto& each) { return decide(each); }, request);
}

WriteBatch::Working& WriteBatch::working(BookId id) {
  const auto [place, inserted] = working_.try_emplace(id);
  Working& working = place->second;
  if (inserted) {
    if (auto book = CatalogReader(database_, identity_).book(id)) {
      working.book = std::move(*book);
      working.exists = true;
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
    working.book.version = before_ + 1;
    changes_.books.push_back(working.book.id);
  } else if (working.last_change == Change::edit || change == Change::edit) {
    ++working.book.version;
  }
  working.last_change = change;
  revision_ = std::max(revision_, working.book.version);
}

void WriteBatch::record_ledger(BookId id, std::int64_t delta, stored::LedgerReason reason) {
  if (delta == 0) return;
  database_.run(insert_ledger, id.value, delta, static_cast<int>(reason), before_ + 1, to_stored(now_));
}

void WriteBatch::finish() {
  if (changes_.books.empty()) return;
  std::ranges::sort(changes_.books);  // pages of the stock table are written in their order
  for (const BookId id : changes_.books) {
    const Working& working = working_.at(id);
    if (working.exists) database_.run(upsert_stock, id.value, working.book.quantity, working.book.version);
  }
  database_.run(update_revision, revision(), static_cast<int>(changes_.listing));
}

std::vector<Book> WriteBatch::take_changed_books() {
  std::vector<Book> books;
  for (const BookId id : changes_.books) {
    Working& changed = working_.at(id);
    if (changed.exists) books.push_back(std::move(changed.book));
  }
  return books;
}

WriteOutcome WriteBatch::decide(const Probe&) {
  database_.run(rewrite_revision);
  return std::monostate{};
}

WriteOutcome WriteBatch::decide(const PruneRecords& request) {
  const std::int64_t before = to_stored(request.older_than);
  return database_.run(delete_refusals, before, prune_step) +
         database_.run(delete_write_keys, before, prune_step) + database_.run(delete_gone_members, before);
}

WriteOutcome WriteBatch::decide(const EnrollMember& request) {
  Enrolment enrolment = enroll_member(database_, request.member, lease_, now_);
  std::ranges::move(enrolment.replaced, std::back_inserter(replaced_));
  return Grant{.epoch = identity_.epoch, .revision = 0, .lease_ms = enrolment.lease.count()};
}

WriteOutcome WriteBatch::decide(const RetireMember& request) {
  retire_member(database_, request.role, request.name, request.incarnation, now_);
  return std::monostate{};
}

}  // namespace bazar::catalog
