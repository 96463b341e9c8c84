#include "catalog/postgres/batch_rows.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/assert.hpp"
#include "catalog/postgres/rows.hpp"
#include "catalog/postgres/schema.hpp"

namespace bazar::catalog {
namespace {

using db::postgres::Pipeline;
using db::postgres::Result;
using db::postgres::Row;
using db::postgres::Statement;

constexpr std::int64_t prune_step = 1'000;

constexpr Statement select_meta{"batch_meta",
                                "SELECT revision, next_book_id, epoch || tableoid::text FROM meta"};
constexpr Statement select_holders{
    "batch_holders",
    "SELECT role, name, url, control_url, incarnation, state, lease_ms, changed_at FROM members "
    "WHERE role = 0 AND state <> 2"};
constexpr Statement select_books{"batch_books", "SELECT * FROM shelf WHERE id = ANY($1::bigint[])"};
constexpr Statement select_next_book{
    "batch_next_book",
    "SELECT id FROM books WHERE id >= (SELECT next_book_id FROM meta) ORDER BY id LIMIT 1"};
constexpr Statement select_isbns{"batch_isbns", "SELECT isbn, id FROM books WHERE isbn = ANY($1::text[])"};
constexpr Statement select_import_keys{"batch_import_keys",
                                       "SELECT key FROM import_keys WHERE key = ANY($1::text[])"};
constexpr Statement select_keys{
    "batch_keys",
    "SELECT key, fingerprint, refusal, available, quantity, version, book FROM write_keys "
    "WHERE kind = $1::bigint AND key = ANY($2::text[])"};
constexpr Statement select_sales{
    "batch_sales",
    "SELECT order_id, key, name, lines, sold_at, version, verdict, fingerprint FROM sales "
    "WHERE key = ANY($1::text[])"};
// Order ids that the store makes one after the other lie beyond all that are taken: one look whether any lies
// between the least and the greatest of a batch is enough for all of them.
constexpr Statement select_orders{
    "batch_orders",
    "SELECT order_id FROM sales WHERE order_id = ANY($1::uuid[]) "
    "AND EXISTS (SELECT FROM sales WHERE order_id BETWEEN $2::uuid AND $3::uuid)"};
constexpr Statement select_incarnations{
    "batch_incarnations",
    "SELECT role, name, url, control_url, incarnation, state, lease_ms, changed_at FROM members "
    "JOIN unnest($1::bigint[], $2::text[]) AS wanted(r, n) ON role = wanted.r AND name = wanted.n"};
constexpr Statement delete_refusals{
    "prune_refusals",
    "DELETE FROM sales WHERE key IN (SELECT key FROM sales WHERE order_id IS NULL AND sold_at < $1::bigint "
    "LIMIT $2::bigint)"};
constexpr Statement delete_write_keys{"prune_write_keys",
                                      "DELETE FROM write_keys WHERE (kind, key) IN (SELECT kind, key FROM "
                                      "write_keys WHERE at < $1::bigint LIMIT "
                                      "$2::bigint)"};
constexpr Statement delete_gone_members{"prune_members",
                                        "DELETE FROM members WHERE state = 2 AND changed_at < $1::bigint"};
constexpr Statement delete_writers{"prune_writers", "DELETE FROM writers WHERE at < $1::bigint"};

std::vector<std::int64_t> listed(const std::set<std::int64_t>& values) {
  return {values.begin(), values.end()};
}

KeyRecord key_record_from(const Row& row) {
  KeyRecord record{
      .fingerprint = std::string(row.text(1)), .refusal = {}, .level = {}, .book = row.optional_text(6)};
  if (const auto reason = row.optional_integer(2)) {
    record.refusal = Refusal{static_cast<Refusal::Reason>(*reason), row.integer(3)};
  } else {
    record.level = {.quantity = row.integer(4), .version = row.integer(5)};
  }
  return record;
}

}  // namespace

BatchNeeds::BatchNeeds(std::span<const WriteRequest* const> requests, const BookCache& cache)
    : cache_(cache) {
  for (const WriteRequest* request : requests) {
    std::visit([this](const auto& each) { note(each); }, *request);
  }
}

void BatchNeeds::note_book(BookId id) {
  (cache_.find(id) != nullptr ? cached_books_ : books_).insert(id.value);
}

void BatchNeeds::note_draft(const BookDraft& draft) {
  if (draft.id) {
    note_book(*draft.id);
  } else {
    new_ids_ = true;
  }
  if (draft.isbn) isbns_.push_back(*draft.isbn);
}

void BatchNeeds::note(const CreateBook& request) {
  note_draft(request.draft);
  if (!request.key.empty()) keys_[static_cast<std::size_t>(stored::KeyKind::create)].push_back(request.key);
}

void BatchNeeds::note(const ReplaceBook& request) {
  note_book(request.id);
  if (request.draft.isbn) isbns_.push_back(*request.draft.isbn);
}

void BatchNeeds::note(const PatchBook& request) {
  note_book(request.id);
  if (request.patch.isbn.value) isbns_.push_back(*request.patch.isbn.value);
}

void BatchNeeds::note(const RemoveBook& request) { note_book(request.id); }

void BatchNeeds::note(const AdjustStock& request) {
  note_book(request.id);
  if (!request.key.empty()) {
    keys_[static_cast<std::size_t>(stored::KeyKind::adjust_stock)].push_back(request.key);
  }
}

void BatchNeeds::note(const ImportBooks& request) {
  for (const ImportItem& item : request.items) {
    note_draft(item.draft);
    import_keys_.push_back(item.key);
  }
}

void BatchNeeds::note(const SellBooks& request) {
  for (const SaleRequest& sale : request.sales) {
    sale_keys_.push_back(sale.key);
    order_ids_.push_back(uuid_of(sale.order_id));
    for (const SaleLine& line : sale.lines) note_book(line.book_id);
  }
}

void BatchNeeds::note(const EnrollMember& request) {
  names_.emplace(request.member.role, request.member.name);
}
void BatchNeeds::note(const RetireMember& request) { names_.emplace(request.role, request.name); }

// In the order in which PostgresBatchRows takes the answers.
void BatchNeeds::add_to(Pipeline& pipeline) const {
  pipeline.add(select_meta);
  pipeline.add(select_holders);
  if (new_ids_) pipeline.add(select_next_book);
  if (!books_.empty()) pipeline.add(select_books, listed(books_));
  if (!isbns_.empty()) pipeline.add(select_isbns, isbns_);
  if (!import_keys_.empty()) pipeline.add(select_import_keys, import_keys_);
  for (std::int64_t kind = 0; kind < 2; ++kind) {
    if (!keys_[kind].empty()) pipeline.add(select_keys, kind, keys_[kind]);
  }
  if (!sale_keys_.empty()) {
    pipeline.add(select_sales, sale_keys_);
    const auto [least, greatest] = std::ranges::minmax(order_ids_);
    pipeline.add(select_orders, order_ids_, least, greatest);
  }
  if (!names_.empty()) {
    std::vector<std::int64_t> roles;
    std::vector<std::string> names;
    for (const auto& [role, name] : names_) {
      roles.push_back(static_cast<std::int64_t>(role));
      names.push_back(name);
    }
    pipeline.add(select_incarnations, roles, names);
  }
}

PostgresBatchRows::PostgresBatchRows(const BatchNeeds& needs, std::span<const Result> answers,
                                     const db::postgres::ServerIdentity& server, const Currency& currency,
                                     BookCache& cache, Ask ask)
    : currency_(currency), cache_(cache), ask_(std::move(ask)) {
  auto next = answers.begin();
  const auto take = [&]() -> const Result& {
    BAZAR_ASSERT(next != answers.end(), "every statement has an answer");
    return *next++;
  };
  const Row meta = take().only();
  counters_ = {.revision = meta.integer(0), .next_book_id = meta.integer(1)};
  epoch_ = epoch_of(server, meta.text(2));
  cache_.begin(epoch_, counters_.revision);
  for (const Row row : take()) {
    MemberRecord record = member_from(row);
    holders_.push_back({std::move(record.member), record.lease});
  }
  if (needs.new_ids_) {
    const Result& first = take();
    first_id_after_ = first.empty() ? std::numeric_limits<std::int64_t>::max() : first.only().integer(0);
  }
  if (!needs.books_.empty()) take_books(listed(needs.books_), take());
  if (!needs.isbns_.empty()) {
    for (const std::string& isbn : needs.isbns_) isbns_.try_emplace(isbn);
    for (const Row row : take()) isbns_[std::string(row.text(0))] = BookId{row.integer(1)};
  }
  if (!needs.import_keys_.empty()) {
    for (const Row row : take()) import_keys_.emplace(row.text(0));
  }
  for (std::size_t kind = 0; kind < 2; ++kind) {
    if (needs.keys_[kind].empty()) continue;
    for (const Row row : take()) keys_[kind].emplace(row.text(0), key_record_from(row));
  }
  if (!needs.sale_keys_.empty()) {
    for (const Row row : take()) {
      sales_.emplace(row.text(1), SaleRecord{std::string(row.text(7)), outcome_from(row, currency_)});
    }
    for (const Row row : take()) orders_.insert(OrderId{row.uuid(0)});
  }
  if (!needs.names_.empty()) {
    for (const Row row : take()) {
      MemberRecord record = member_from(row);
      members_[{record.member.role, record.member.name}].push_back(std::move(record));
    }
  }
  BAZAR_ASSERT(next == answers.end(), "every answer belongs to a statement");
  std::vector<std::int64_t> lost;
  for (const std::int64_t id : needs.cached_books_) {
    if (cache_.find(BookId{id}) == nullptr) lost.push_back(id);
  }
  if (!lost.empty()) ask_for_books(lost);
}

void PostgresBatchRows::ask_for_books(const std::vector<std::int64_t>& ids) {
  Pipeline pipeline;
  pipeline.add(select_books, ids);
  take_books(ids, ask_(std::move(pipeline)).front());
}

void PostgresBatchRows::take_books(const std::vector<std::int64_t>& asked, const Result& found) {
  for (const std::int64_t id : asked) absent_books_.insert(BookId{id});
  for (const Row row : found) {
    const Book book = book_from(row, 0, currency_);
    absent_books_.erase(book.id);
    cache_.add(book);
  }
}

std::size_t PostgresBatchRows::KeyHash::operator()(const OrderId& id) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, id.bytes.data() + 8, sizeof hash);  // of a UUIDv7 the random part
  return hash;
}

std::optional<Book> PostgresBatchRows::book(BookId id) {
  if (const Book* known = cache_.find(id)) return *known;
  if (id.value >= counters_.next_book_id && id.value < first_id_after_) return std::nullopt;
  if (absent_books_.contains(id)) return std::nullopt;
  ask_for_books({id.value});
  const Book* found = cache_.find(id);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

// What the batch can ask for by key, and by ISBN, stands in its requests.
std::optional<BookId> PostgresBatchRows::isbn_owner(const std::string& isbn) {
  const auto known = isbns_.find(isbn);
  BAZAR_ASSERT(known != isbns_.end(), "every ISBN of a request was foreseen");
  return known->second;
}

bool PostgresBatchRows::has_import_key(const std::string& key) { return import_keys_.contains(key); }

std::optional<KeyRecord> PostgresBatchRows::key_record(stored::KeyKind kind, const std::string& key) {
  const auto& records = keys_[static_cast<std::size_t>(kind)];
  const auto known = records.find(key);
  if (known == records.end()) return std::nullopt;
  return known->second;
}

std::optional<SaleRecord> PostgresBatchRows::sale(const std::string& key) {
  const auto known = sales_.find(key);
  if (known == sales_.end()) return std::nullopt;
  return known->second;
}

bool PostgresBatchRows::has_order(const OrderId& order_id) { return orders_.contains(order_id); }

std::vector<MemberRecord> PostgresBatchRows::incarnations(Role role, const std::string& name) {
  const auto known = members_.find({role, name});
  return known == members_.end() ? std::vector<MemberRecord>{} : known->second;
}

std::int64_t PostgresBatchRows::prune(WallTime older_than) {
  const std::int64_t before = to_stored(older_than);
  Pipeline pipeline;
  pipeline.add(delete_refusals, before, prune_step);
  pipeline.add(delete_write_keys, before, prune_step);
  pipeline.add(delete_gone_members, before);
  pipeline.add(delete_writers, before);
  std::int64_t pruned = 0;
  const auto results = ask_(std::move(pipeline));
  // Without the last: every batch leaves a mark of its own, and the caller goes on until nothing is left.
  for (const Result& result : std::span(results).first(3)) pruned += result.affected();
  return pruned;
}

}  // namespace bazar::catalog
