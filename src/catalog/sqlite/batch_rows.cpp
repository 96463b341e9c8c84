#include "catalog/sqlite/batch_rows.hpp"

#include <algorithm>

#include "catalog/sqlite/members.hpp"
#include "catalog/sqlite/reads.hpp"
#include "catalog/sqlite/rows.hpp"

namespace bazar::catalog {
namespace {

constexpr std::int64_t prune_step = 1'000;

constexpr db::Sql select_counters("SELECT revision, next_book_id FROM meta");
constexpr db::Sql select_isbn("SELECT id FROM books WHERE isbn = ?");
constexpr db::Sql select_import_key("SELECT 1 FROM import_keys WHERE key = ?");
constexpr db::Sql select_write_key(
    "SELECT fingerprint, refusal, available, quantity, version, book FROM write_keys WHERE kind = ? AND key "
    "= ?");
constexpr db::Sql select_sale_by_key(
    "SELECT order_id, key, name, lines, sold_at, version, verdict, fingerprint FROM sales WHERE key = ?");
constexpr db::Sql select_key_from("SELECT key FROM sales WHERE key >= ? ORDER BY key LIMIT 1");
constexpr db::Sql select_order_from(
    "SELECT order_id FROM sales WHERE order_id >= ? ORDER BY order_id LIMIT 1");
constexpr db::Sql delete_refusals(
    "DELETE FROM sales WHERE id IN (SELECT id FROM sales WHERE order_id IS NULL AND sold_at < ? LIMIT ?)");
constexpr db::Sql delete_write_keys(
    "DELETE FROM write_keys WHERE (kind, key) IN (SELECT kind, key FROM write_keys WHERE at < ? LIMIT ?)");
constexpr db::Sql delete_gone_members("DELETE FROM members WHERE state = 2 AND changed_at < ?");

}  // namespace

BatchRows::Counters SqliteBatchRows::counters() {
  db::Query row = database_.query(select_counters);
  row.next();
  books_.begin(identity_.epoch, row.integer(0));
  return {.revision = row.integer(0), .next_book_id = row.integer(1)};
}

std::optional<Book> SqliteBatchRows::book(BookId id) {
  if (const Book* known = books_.find(id)) return *known;
  std::optional<Book> read = CatalogReader(database_, identity_).book(id);
  if (read) books_.add(*read);
  return read;
}

std::optional<BookId> SqliteBatchRows::isbn_owner(const std::string& isbn) {
  db::Query row = database_.query(select_isbn, isbn);
  if (!row.next()) return std::nullopt;
  return BookId{row.integer(0)};
}

bool SqliteBatchRows::has_import_key(const std::string& key) {
  return database_.query(select_import_key, key).next();
}

std::optional<KeyRecord> SqliteBatchRows::key_record(stored::KeyKind kind, const std::string& key) {
  db::Query row = database_.query(select_write_key, static_cast<int>(kind), key);
  if (!row.next()) return std::nullopt;
  KeyRecord record{.fingerprint = row.text(0), .refusal = {}, .level = {}, .book = row.optional_text(5)};
  if (const auto reason = row.optional_integer(1)) {
    record.refusal = Refusal{static_cast<Refusal::Reason>(*reason), row.integer(2)};
  } else {
    record.level = {.quantity = row.integer(3), .version = row.integer(4)};
  }
  return record;
}

// Keys and order ids that are made one after the other mostly fall between the same two that are taken: one
// look is enough for all of them.
std::optional<SaleRecord> SqliteBatchRows::sale(const std::string& key) {
  if (free_keys_.contains(key)) return std::nullopt;
  free_keys_ = {.from = key, .until = {}};
  {
    db::Query taken = database_.query(select_key_from, key);
    if (taken.next()) free_keys_.until = taken.text(0);
  }
  if (free_keys_.contains(key)) return std::nullopt;
  db::Query row = database_.query(select_sale_by_key, key);
  if (!row.next()) return std::nullopt;
  return SaleRecord{.fingerprint = row.text(7), .outcome = outcome_from(row, identity_.currency)};
}

bool SqliteBatchRows::has_order(const OrderId& order_id) {
  if (free_order_ids_.contains(order_id)) return false;
  free_order_ids_ = {.from = order_id, .until = {}};
  db::Query row = database_.query(select_order_from, db::Blob{order_id.bytes});
  if (row.next()) std::ranges::copy(row.blob(0), free_order_ids_.until.emplace().bytes.begin());
  return !free_order_ids_.contains(order_id);
}

std::vector<MemberRecord> SqliteBatchRows::incarnations(Role role, const std::string& name) {
  return member_records(database_, role, name);
}

std::int64_t SqliteBatchRows::prune(WallTime older_than) {
  const std::int64_t before = to_stored(older_than);
  return database_.run(delete_refusals, before, prune_step) +
         database_.run(delete_write_keys, before, prune_step) + database_.run(delete_gone_members, before);
}

}  // namespace bazar::catalog
