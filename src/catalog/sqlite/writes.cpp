#include <algorithm>

#include "catalog/sqlite/batch.hpp"
#include "catalog/sqlite/rows.hpp"

namespace bazar::catalog {
namespace {

// An id above this, chosen by a client, does not move the counter of automatic ids: one such book must not
// use them up.
constexpr std::int64_t max_counted_id = std::int64_t{1} << 40;

constexpr db::Sql insert_book_row("INSERT INTO books VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
constexpr db::Sql update_book_row(
    "UPDATE books SET title = ?2, topic = ?3, price = ?4, authors = ?5, isbn = ?6, year = ?7, language = ?8, "
    "description = ?9 "
    "WHERE id = ?1");
constexpr db::Sql delete_book_row("DELETE FROM books WHERE id = ?");
constexpr db::Sql select_isbn("SELECT 1 FROM books WHERE isbn = ? AND id <> ?");
constexpr db::Sql select_next_id("SELECT next_book_id FROM meta");
constexpr db::Sql update_next_id("UPDATE meta SET next_book_id = ?");
constexpr db::Sql select_import_key("SELECT 1 FROM import_keys WHERE key = ?");
constexpr db::Sql insert_import_key("INSERT INTO import_keys VALUES(?, ?)");
constexpr db::Sql select_write_key(
    "SELECT fingerprint, refusal, available, quantity, version, book FROM write_keys WHERE kind = ? AND key "
    "= ?");
constexpr db::Sql insert_write_key("INSERT INTO write_keys VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");

std::unexpected<Refusal> refused(Refusal::Reason reason, std::int64_t available = 0) {
  return std::unexpected(Refusal{reason, available});
}

/// What was answered to an idempotency key.
struct KeyRecord {
  std::string fingerprint;
  std::optional<Refusal> refusal;
  StockLevel level;
  std::optional<std::string> book;
};

std::optional<KeyRecord> find_key(db::Database& database, stored::KeyKind kind, const std::string& key) {
  db::Query row = database.query(select_write_key, static_cast<int>(kind), key);
  if (!row.next()) return std::nullopt;
  KeyRecord record{.fingerprint = row.text(0), .refusal = {}, .level = {}, .book = row.optional_text(5)};
  if (const auto reason = row.optional_integer(1)) {
    record.refusal = Refusal{static_cast<Refusal::Reason>(*reason), row.integer(2)};
  } else {
    record.level = {.quantity = row.integer(3), .version = row.integer(4), .replayed = true};
  }
  return record;
}

void remember_key(db::Database& database, stored::KeyKind kind, const std::string& key,
                  const KeyRecord& record, WallTime now) {
  std::optional<std::int64_t> reason, available;
  if (record.refusal) {
    reason = static_cast<std::int64_t>(record.refusal->reason);
    available = record.refusal->available;
  }
  database.run(insert_write_key, static_cast<int>(kind), key, record.fingerprint, reason, available,
               record.level.quantity, record.level.version, record.book, to_stored(now));
}

template <class T>
std::optional<Refusal> refusal_of(const std::expected<T, Refusal>& outcome) {
  if (outcome) return std::nullopt;
  return outcome.error();
}

Book book_of(const BookDraft& draft, BookId id, const Currency& currency) {
  return {.id = id,
          .title = draft.title,
          .topic = draft.topic,
          .price = draft.price,
          .currency = currency.code,
          .quantity = draft.quantity,
          .version = 0,
          .authors = draft.authors,
          .isbn = draft.isbn,
          .year = draft.year,
          .language = draft.language,
          .description = draft.description};
}

void write_book_row(db::Database& database, db::Sql sql, const Book& book) {
  database.run(sql, book.id.value, book.title, book.topic, book.price.minor, authors_text(book.authors),
               book.isbn, book.year, book.language, book.description);
}

}  // namespace

bool WriteBatch::isbn_taken(const std::optional<std::string>& isbn, BookId except) {
  return isbn && database_.query(select_isbn, *isbn, except.value).next();
}

BookId WriteBatch::next_book_id(std::optional<BookId> wanted) {
  std::int64_t next = 0;
  {
    db::Query row = database_.query(select_next_id);
    row.next();
    next = row.integer(0);
  }
  if (wanted && (wanted->value < next || wanted->value > max_counted_id)) return *wanted;
  BookId id = wanted.value_or(BookId{next});
  while (!wanted && working(id).exists) ++id.value;  // chosen by a client, without moving the counter
  database_.run(update_next_id, id.value + 1);
  return id;
}

WrittenBook WriteBatch::insert_book(const BookDraft& draft) {
  if (draft.id && working(*draft.id).exists) return refused(Refusal::Reason::id_taken);
  if (isbn_taken(draft.isbn, BookId{0})) return refused(Refusal::Reason::isbn_taken);
  const BookId id = next_book_id(draft.id);
  Working& created = working(id);
  const Revision removed_version = created.book.version;
  created.book = book_of(draft, id, identity_.currency);
  created.book.version = removed_version;  // where this batch has removed the book, it goes on from there
  created.exists = true;
  write_book_row(database_, insert_book_row, created.book);
  record_ledger(id, draft.quantity, stored::LedgerReason::initial);
  changes_.listing = true;
  mark_changed(created, Change::edit);
  return Written{created.book};
}

WriteOutcome WriteBatch::decide(const CreateBook& request) {
  if (request.key.empty()) return insert_book(request.draft);
  if (const auto known = find_key(database_, stored::KeyKind::create, request.key)) {
    if (known->fingerprint != request.fingerprint) return WrittenBook(refused(Refusal::Reason::key_reused));
    if (known->refusal) return WrittenBook(std::unexpected(*known->refusal));
    return WrittenBook(Written{book_from_text(*known->book, identity_.currency), true});
  }
  WrittenBook outcome = insert_book(request.draft);
  KeyRecord record{
      .fingerprint = request.fingerprint, .refusal = refusal_of(outcome), .level = {}, .book = {}};
  if (outcome) record.book = book_text(outcome->book, identity_.currency);
  remember_key(database_, stored::KeyKind::create, request.key, record, now_);
  return outcome;
}

WrittenBook WriteBatch::update_book(Working& working, Book updated, std::optional<Revision> if_match) {
  if (if_match && *if_match != working.book.version) return refused(Refusal::Reason::version_moved);
  if (isbn_taken(updated.isbn, updated.id)) return refused(Refusal::Reason::isbn_taken);
  write_book_row(database_, update_book_row, updated);
  record_ledger(updated.id, updated.quantity - working.book.quantity, stored::LedgerReason::correction);
  if (updated.title != working.book.title || updated.topic != working.book.topic) changes_.listing = true;
  updated.version = working.book.version;
  working.book = std::move(updated);
  mark_changed(working, Change::edit);
  return Written{working.book};
}

// A version in the body is held to as If-Match is.
WriteOutcome WriteBatch::decide(const ReplaceBook& request) {
  Working& present = working(request.id);
  if (!present.exists) return WrittenBook(refused(Refusal::Reason::not_found));
  if (request.draft.version.value_or(present.book.version) != present.book.version) {
    return WrittenBook(refused(Refusal::Reason::version_moved));
  }
  return update_book(present, book_of(request.draft, request.id, identity_.currency), request.if_match);
}

WriteOutcome WriteBatch::decide(const PatchBook& request) {
  Working& present = working(request.id);
  if (!present.exists) return WrittenBook(refused(Refusal::Reason::not_found));
  if (request.patch.version.value_or(present.book.version) != present.book.version) {
    return WrittenBook(refused(Refusal::Reason::version_moved));
  }
  return update_book(present, catalog::apply(request.patch, present.book), request.if_match);
}

WriteOutcome WriteBatch::decide(const RemoveBook& request) {
  Working& present = working(request.id);
  if (!present.exists) return Removed(refused(Refusal::Reason::not_found));
  if (request.if_match && *request.if_match != present.book.version) {
    return Removed(refused(Refusal::Reason::version_moved));
  }
  database_.run(delete_book_row, request.id.value);
  record_ledger(request.id, -present.book.quantity, stored::LedgerReason::deletion);
  present.exists = false;
  changes_.listing = true;
  mark_changed(present, Change::edit);
  return Removed{};
}

AdjustedStock WriteBatch::change_stock(BookId id, std::int64_t delta) {
  Working& present = working(id);
  if (!present.exists) return refused(Refusal::Reason::not_found);
  const std::int64_t quantity = present.book.quantity;
  if (delta < -quantity) return refused(Refusal::Reason::below_zero, quantity);
  if (delta > max_stock - quantity) return refused(Refusal::Reason::above_maximum, quantity);
  present.book.quantity += delta;
  record_ledger(id, delta, stored::LedgerReason::arrival);
  mark_changed(present, Change::edit);
  return StockLevel{.quantity = present.book.quantity, .version = present.book.version};
}

WriteOutcome WriteBatch::decide(const AdjustStock& request) {
  if (request.key.empty()) return change_stock(request.id, request.delta);
  // Which book is part of what the key stands for, whatever the caller's fingerprint covers.
  const std::string fingerprint = std::to_string(request.id.value) + ":" + request.fingerprint;
  if (const auto known = find_key(database_, stored::KeyKind::adjust_stock, request.key)) {
    if (known->fingerprint != fingerprint) return AdjustedStock(refused(Refusal::Reason::key_reused));
    if (known->refusal) return AdjustedStock(std::unexpected(*known->refusal));
    return AdjustedStock(known->level);
  }
  AdjustedStock outcome = change_stock(request.id, request.delta);
  remember_key(database_, stored::KeyKind::adjust_stock, request.key,
               {.fingerprint = fingerprint,
                .refusal = refusal_of(outcome),
                .level = outcome.value_or(StockLevel{}),
                .book = {}},
               now_);
  return outcome;
}

ImportResult WriteBatch::import_book(const ImportItem& item) {
  if (database_.query(select_import_key, item.key).next()) return ImportResult::present;
  const WrittenBook created = insert_book(item.draft);
  if (!created) {
    return created.error().reason == Refusal::Reason::id_taken ? ImportResult::id_taken
                                                               : ImportResult::present;
  }
  database_.run(insert_import_key, item.key, created->book.id.value);
  return ImportResult::created;
}

WriteOutcome WriteBatch::decide(const ImportBooks& request) {
  std::vector<ImportResult> results;
  results.reserve(request.items.size());
  for (const ImportItem& item : request.items) results.push_back(import_book(item));
  return results;
}

}  // namespace bazar::catalog
