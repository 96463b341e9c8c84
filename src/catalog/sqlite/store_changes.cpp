#include <ranges>
#include <tuple>

#include "catalog/sqlite/batch_rows.hpp"
#include "catalog/sqlite/members.hpp"
#include "catalog/sqlite/outbox.hpp"

namespace bazar::catalog {
namespace {

constexpr db::Sql delete_book("DELETE FROM books WHERE id = ?");
constexpr db::Sql release_isbn("UPDATE books SET isbn = NULL WHERE id = ?");
constexpr db::Sql insert_book("INSERT INTO books VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
constexpr db::Sql update_book(
    "UPDATE books SET title = ?2, topic = ?3, price = ?4, authors = ?5, isbn = ?6, year = ?7, language = ?8, "
    "description = ?9 "
    "WHERE id = ?1");
constexpr db::InsertSql upsert_stock{
    .head = "INSERT OR ROLLBACK INTO stock(id, quantity, version) VALUES",
    .tail = "ON CONFLICT(id) DO UPDATE SET quantity = excluded.quantity, version = excluded.version"};
constexpr db::Sql update_revision(
    "UPDATE meta SET revision = ?1, listing_revision = iif(?2, ?1, listing_revision)");
constexpr db::Sql rewrite_revision("UPDATE meta SET revision = revision");
constexpr db::Sql update_next_id("UPDATE meta SET next_book_id = ?");
constexpr db::Sql insert_ledger(
    "INSERT INTO ledger(book_id, delta, reason, revision, at) VALUES(?, ?, ?, ?, ?)");
constexpr db::Sql insert_import_key("INSERT INTO import_keys VALUES(?, ?)");
constexpr db::Sql insert_write_key("INSERT INTO write_keys VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
constexpr db::InsertSql insert_sales{
    .head =
        "INSERT OR ROLLBACK INTO sales(key, order_id, fingerprint, name, lines, verdict, sold_at, version) "
        "VALUES"};

void store_book_row(db::Database& database, db::Sql sql, const Book& book) {
  database.run(sql, book.id.value, book.title, book.topic, book.price.minor, authors_text(book.authors),
               book.isbn, book.year, book.language, book.description);
}

// An ISBN may go from one book to another within a batch: first all are given up, then taken.
void store_books(db::Database& database, const std::vector<BatchChanges::ChangedBook>& books) {
  for (const auto& changed : books) {
    if (changed.existed && !changed.exists) {
      database.run(delete_book, changed.book.id.value);
    } else if (changed.isbn_released) {
      database.run(release_isbn, changed.book.id.value);
    }
  }
  auto present = books | std::views::filter(&BatchChanges::ChangedBook::exists);
  for (const auto& changed : present) {
    if (changed.edited) store_book_row(database, changed.existed ? update_book : insert_book, changed.book);
  }
  database.insert_rows(upsert_stock, present, [](const BatchChanges::ChangedBook& changed) {
    return std::tuple(changed.book.id.value, changed.book.quantity, changed.book.version);
  });
}

void store_key(db::Database& database, const BatchChanges::KeyEntry& entry, WallTime now) {
  const KeyRecord& record = entry.record;
  std::optional<std::int64_t> reason, available;
  if (record.refusal) {
    reason = static_cast<std::int64_t>(record.refusal->reason);
    available = record.refusal->available;
  }
  database.run(insert_write_key, static_cast<int>(entry.kind), *entry.key, record.fingerprint, reason,
               available, record.level.quantity, record.level.version, record.book, to_stored(now));
}

// The row ids follow one another: each is the table's greatest and one more.
void store_sales(db::Database& database, const std::vector<BatchChanges::NewSale>& sales, WallTime now) {
  if (sales.empty()) return;
  database.insert_rows(insert_sales, sales, [at = to_stored(now)](const BatchChanges::NewSale& sale) {
    const SaleRequest& request = *sale.request;
    std::optional<db::Blob> order_id;
    if (sale.verdict == Verdict::sold) order_id = db::Blob{request.order_id.bytes};
    return std::tuple<const std::string&, std::optional<db::Blob>, const std::string&, const std::string&,
                      const std::string&, int, std::int64_t, Revision>(
        request.key, order_id, request.fingerprint, request.name, sale.lines, static_cast<int>(sale.verdict),
        at, sale.version);
  });
  std::int64_t id = database.last_insert_id() - std::ssize(sales);
  std::vector<std::int64_t> sold;
  sold.reserve(sales.size());
  for (const auto& sale : sales) {
    ++id;
    if (sale.verdict == Verdict::sold) sold.push_back(id);
  }
  add_unprojected(database, sold);
}

void note_projected(db::Database& database, const std::vector<const OrderId*>& projected) {
  if (projected.empty()) return;
  std::vector<OrderId> order_ids;
  order_ids.reserve(projected.size());
  for (const OrderId* order_id : projected) order_ids.push_back(*order_id);
  remove_projected(database, std::move(order_ids));
}

}  // namespace

void store_changes(db::Database& database, const BatchChanges& changes, Revision revision) {
  store_books(database, changes.books);
  for (const auto& entry : changes.ledger) {
    database.run(insert_ledger, entry.book_id.value, entry.delta, static_cast<int>(entry.reason),
                 changes.ledger_revision, to_stored(changes.now));
  }
  for (const auto& [key, book_id] : changes.import_keys) database.run(insert_import_key, *key, book_id.value);
  for (const auto& entry : changes.keys) store_key(database, entry, changes.now);
  store_sales(database, changes.sales, changes.now);
  note_projected(database, changes.projected);
  store_members(database, changes.removed_members, changes.members);
  if (changes.next_book_id) database.run(update_next_id, *changes.next_book_id);
  if (!changes.books.empty()) {
    database.run(update_revision, revision, static_cast<int>(changes.listing));
  } else if (changes.probe) {
    database.run(rewrite_revision);
  }
}

}  // namespace bazar::catalog
