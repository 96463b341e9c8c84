#include "catalog/writes/write_batch.hpp"

namespace bazar::catalog {
namespace {

// An id above this, chosen by a client, does not move the counter of automatic ids: one such book must not
// use them up.
constexpr std::int64_t max_counted_id = std::int64_t{1} << 40;

std::unexpected<Refusal> refused(Refusal::Reason reason, std::int64_t available = 0) {
  return std::unexpected(Refusal{reason, available});
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

}  // namespace

bool WriteBatch::isbn_taken(const std::optional<std::string>& isbn, BookId except) {
  if (!isbn) return false;
  const auto moved = isbns_.find(*isbn);
  const std::optional<BookId> owner = moved == isbns_.end() ? rows_.isbn_owner(*isbn) : moved->second;
  return owner && *owner != except;
}

void WriteBatch::move_isbn(const std::optional<std::string>& from, const std::optional<std::string>& to,
                           BookId book) {
  if (from == to) return;
  if (from) isbns_[*from] = std::nullopt;
  if (to) isbns_[*to] = book;
}

BookId WriteBatch::next_book_id(std::optional<BookId> wanted) {
  const std::int64_t next = changes_.next_book_id.value_or(before_.next_book_id);
  if (wanted && (wanted->value < next || wanted->value > max_counted_id)) return *wanted;
  BookId id = wanted.value_or(BookId{next});
  while (!wanted && working(id).exists) ++id.value;  // chosen by a client, without moving the counter
  changes_.next_book_id = id.value + 1;
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
  created.edited = true;
  move_isbn(std::nullopt, draft.isbn, id);
  record_ledger(id, draft.quantity, stored::LedgerReason::initial);
  changes_.listing = true;
  mark_changed(created, Change::edit);
  return Written{created.book};
}

std::optional<KeyRecord> WriteBatch::find_key(stored::KeyKind kind, const std::string& key) {
  const auto& decided = keys_[static_cast<std::size_t>(kind)];
  const auto place = decided.find(key);
  return place == decided.end() ? rows_.key_record(kind, key) : changes_.keys[place->second].record;
}

void WriteBatch::remember_key(stored::KeyKind kind, const std::string& key, KeyRecord record) {
  keys_[static_cast<std::size_t>(kind)].emplace(key, changes_.keys.size());
  changes_.keys.push_back({kind, &key, std::move(record)});
}

WriteOutcome WriteBatch::decide(const CreateBook& request) {
  if (request.key.empty()) return insert_book(request.draft);
  if (const auto known = find_key(stored::KeyKind::create, request.key)) {
    if (known->fingerprint != request.fingerprint) return WrittenBook(refused(Refusal::Reason::key_reused));
    if (known->refusal) return WrittenBook(std::unexpected(*known->refusal));
    return WrittenBook(Written{book_from_text(*known->book, identity_.currency), true});
  }
  WrittenBook outcome = insert_book(request.draft);
  KeyRecord record{
      .fingerprint = request.fingerprint, .refusal = refusal_of(outcome), .level = {}, .book = {}};
  if (outcome) record.book = book_text(outcome->book, identity_.currency);
  remember_key(stored::KeyKind::create, request.key, std::move(record));
  return outcome;
}

WrittenBook WriteBatch::update_book(Working& working, Book updated, std::optional<Revision> if_match) {
  if (if_match && *if_match != working.book.version) return refused(Refusal::Reason::version_moved);
  if (updated.isbn != working.book.isbn && isbn_taken(updated.isbn, updated.id)) {
    return refused(Refusal::Reason::isbn_taken);
  }
  move_isbn(working.book.isbn, updated.isbn, updated.id);
  record_ledger(updated.id, updated.quantity - working.book.quantity, stored::LedgerReason::correction);
  if (updated.title != working.book.title || updated.topic != working.book.topic) changes_.listing = true;
  updated.version = working.book.version;
  working.book = std::move(updated);
  working.edited = true;
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
  move_isbn(present.book.isbn, std::nullopt, request.id);
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
  if (const auto known = find_key(stored::KeyKind::adjust_stock, request.key)) {
    if (known->fingerprint != fingerprint) return AdjustedStock(refused(Refusal::Reason::key_reused));
    if (known->refusal) return AdjustedStock(std::unexpected(*known->refusal));
    return AdjustedStock(StockLevel{known->level.quantity, known->level.version, true});
  }
  AdjustedStock outcome = change_stock(request.id, request.delta);
  remember_key(stored::KeyKind::adjust_stock, request.key,
               {.fingerprint = fingerprint,
                .refusal = refusal_of(outcome),
                .level = outcome.value_or(StockLevel{}),
                .book = {}});
  return outcome;
}

ImportResult WriteBatch::import_book(const ImportItem& item) {
  if (import_keys_.contains(item.key) || rows_.has_import_key(item.key)) return ImportResult::present;
  const WrittenBook created = insert_book(item.draft);
  if (!created) {
    return created.error().reason == Refusal::Reason::id_taken ? ImportResult::id_taken
                                                               : ImportResult::present;
  }
  import_keys_.insert(item.key);
  changes_.import_keys.push_back({&item.key, created->book.id});
  return ImportResult::created;
}

WriteOutcome WriteBatch::decide(const ImportBooks& request) {
  std::vector<ImportResult> results;
  results.reserve(request.items.size());
  for (const ImportItem& item : request.items) results.push_back(import_book(item));
  return results;
}

}  // namespace bazar::catalog
