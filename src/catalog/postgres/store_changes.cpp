#include "catalog/postgres/store_changes.hpp"

#include "catalog/postgres/rows.hpp"

namespace bazar::catalog {
namespace {

using db::postgres::Pipeline;
using db::postgres::Statement;
using db::postgres::Uuid;

// Each takes a table's rows as one array a column. Unique ISBNs are checked at the commit: within a batch one
// may go from a book to another.
constexpr Statement delete_books{"delete_books", "DELETE FROM books WHERE id = ANY($1::bigint[])"};
constexpr Statement insert_books{
    "insert_books",
    "INSERT INTO books(id, title, topic, price, authors, isbn, year, language, description) "
    "SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], "
    "$7::bigint[], $8::text[], $9::text[])"};
constexpr Statement update_books{
    "update_books",
    "UPDATE books SET title = n.title, topic = n.topic, price = n.price, authors = n.authors, isbn = n.isbn, "
    "year = n.year, language = n.language, description = n.description "
    "FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], "
    "$8::text[], $9::text[]) AS n(id, title, topic, price, authors, isbn, year, language, description) "
    "WHERE books.id = n.id"};
constexpr Statement insert_stock{
    "insert_stock", "INSERT INTO stock SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"};
constexpr Statement update_stock{"update_stock",
                                 "UPDATE stock SET quantity = n.quantity, version = n.version "
                                 "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n(id, quantity, "
                                 "version) WHERE stock.id = n.id"};
constexpr Statement insert_ledger{
    "insert_ledger",
    "INSERT INTO ledger(book_id, delta, reason, revision, at) "
    "SELECT book_id, delta, reason, $4::bigint, $5::bigint "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n(book_id, delta, reason)"};
constexpr Statement insert_import_keys{
    "insert_import_keys", "INSERT INTO import_keys SELECT * FROM unnest($1::text[], $2::bigint[])"};
constexpr Statement insert_keys{
    "insert_keys",
    "INSERT INTO write_keys(kind, key, fingerprint, refusal, available, quantity, version, book, at) "
    "SELECT *, $9::bigint FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], "
    "$6::bigint[], $7::bigint[], $8::text[])"};
constexpr Statement insert_sales{
    "insert_sales",
    "INSERT INTO sales(key, order_id, fingerprint, name, lines, verdict, version, sold_at) "
    "SELECT *, $8::bigint FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], "
    "$6::bigint[], $7::bigint[])"};
constexpr Statement insert_unprojected{
    "insert_unprojected",
    "INSERT INTO unprojected_sales(order_id, version, position) "
    "SELECT order_id, $2::bigint, position FROM unnest($1::uuid[]) WITH ORDINALITY AS n(order_id, position)"};
constexpr Statement delete_unprojected{"delete_unprojected",
                                       "DELETE FROM unprojected_sales WHERE order_id = ANY($1::uuid[])"};
constexpr Statement delete_members{
    "delete_members",
    "DELETE FROM members USING unnest($1::bigint[], $2::text[], $3::text[]) AS n(role, name, incarnation) "
    "WHERE members.role = n.role AND members.name = n.name AND members.incarnation = n.incarnation"};
constexpr Statement upsert_members{
    "upsert_members",
    "INSERT INTO members(role, name, incarnation, url, control_url, state, lease_ms, changed_at) "
    "SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], "
    "$7::bigint[], $8::bigint[]) ON CONFLICT (role, name, incarnation) DO UPDATE SET url = excluded.url, "
    "control_url = excluded.control_url, state = excluded.state, lease_ms = excluded.lease_ms, "
    "changed_at = excluded.changed_at"};
constexpr Statement update_states{
    "update_states",
    "UPDATE members SET state = $4::bigint, changed_at = $5::bigint "
    "FROM unnest($1::bigint[], $2::text[], $3::text[]) AS n(role, name, incarnation) WHERE members.role = "
    "n.role AND members.name = n.name AND members.incarnation = n.incarnation AND members.state < "
    "$4::bigint"};
constexpr Statement update_meta{
    "update_meta",
    "UPDATE meta SET revision = $1::bigint, "
    "listing_revision = CASE WHEN $2::boolean THEN $1::bigint ELSE listing_revision END, "
    "next_book_id = coalesce($3::bigint, next_book_id)"};

using Texts = std::vector<std::string>;
using OptionalTexts = std::vector<std::optional<std::string>>;
using Numbers = std::vector<std::int64_t>;
using OptionalNumbers = std::vector<std::optional<std::int64_t>>;

struct BookColumns {
  Numbers ids, prices;
  Texts titles, topics;
  OptionalTexts authors, isbns, languages, descriptions;
  OptionalNumbers years;

  void add(const Book& book) {
    ids.push_back(book.id.value);
    titles.push_back(book.title);
    topics.push_back(book.topic);
    prices.push_back(book.price.minor);
    authors.push_back(authors_text(book.authors));
    isbns.push_back(book.isbn);
    years.emplace_back(book.year);
    languages.push_back(book.language);
    descriptions.push_back(book.description);
  }
  void add_to(Pipeline& pipeline, const Statement& statement) const {
    if (ids.empty()) return;
    pipeline.add(statement, ids, titles, topics, prices, authors, isbns, years, languages, descriptions);
  }
};

struct StockColumns {
  Numbers ids, quantities, versions;

  void add(const Book& book) {
    ids.push_back(book.id.value);
    quantities.push_back(book.quantity);
    versions.push_back(book.version);
  }
  void add_to(Pipeline& pipeline, const Statement& statement) const {
    if (!ids.empty()) pipeline.add(statement, ids, quantities, versions);
  }
};

void add_books(Pipeline& pipeline, const std::vector<BatchChanges::ChangedBook>& books) {
  Numbers deleted;
  BookColumns inserted, updated;
  StockColumns new_stock, stock;
  for (const auto& changed : books) {
    if (!changed.exists) {
      if (changed.existed) deleted.push_back(changed.book.id.value);
      continue;
    }
    (changed.existed ? stock : new_stock).add(changed.book);
    if (changed.edited) (changed.existed ? updated : inserted).add(changed.book);
  }
  if (!deleted.empty()) pipeline.add(delete_books, deleted);
  updated.add_to(pipeline, update_books);
  inserted.add_to(pipeline, insert_books);
  stock.add_to(pipeline, update_stock);
  new_stock.add_to(pipeline, insert_stock);
}

void add_ledger(Pipeline& pipeline, const BatchChanges& changes) {
  if (changes.ledger.empty()) return;
  Numbers books, deltas, reasons;
  for (const auto& entry : changes.ledger) {
    books.push_back(entry.book_id.value);
    deltas.push_back(entry.delta);
    reasons.push_back(static_cast<std::int64_t>(entry.reason));
  }
  pipeline.add(insert_ledger, books, deltas, reasons, std::int64_t{changes.ledger_revision},
               to_stored(changes.now));
}

void add_import_keys(Pipeline& pipeline, const BatchChanges& changes) {
  if (changes.import_keys.empty()) return;
  Texts keys;
  Numbers books;
  for (const auto& [key, book_id] : changes.import_keys) {
    keys.push_back(*key);
    books.push_back(book_id.value);
  }
  pipeline.add(insert_import_keys, keys, books);
}

void add_keys(Pipeline& pipeline, const BatchChanges& changes) {
  if (changes.keys.empty()) return;
  Numbers kinds, quantities, versions;
  Texts keys, fingerprints;
  OptionalNumbers reasons, available;
  OptionalTexts books;
  for (const auto& [kind, key, record] : changes.keys) {
    kinds.push_back(static_cast<std::int64_t>(kind));
    keys.push_back(*key);
    fingerprints.push_back(record.fingerprint);
    reasons.push_back(record.refusal ? std::optional(static_cast<std::int64_t>(record.refusal->reason))
                                     : std::nullopt);
    available.push_back(record.refusal ? std::optional(record.refusal->available) : std::nullopt);
    quantities.push_back(record.level.quantity);
    versions.push_back(record.level.version);
    books.push_back(record.book);
  }
  pipeline.add(insert_keys, kinds, keys, fingerprints, reasons, available, quantities, versions, books,
               to_stored(changes.now));
}

void add_sales(Pipeline& pipeline, const BatchChanges& changes) {
  if (changes.sales.empty()) return;
  Texts keys, fingerprints, names, lines;
  std::vector<std::optional<Uuid>> order_ids;
  Numbers verdicts, versions;
  std::vector<Uuid> sold;
  for (const auto& sale : changes.sales) {
    const bool is_sold = sale.verdict == Verdict::sold;
    keys.push_back(sale.request->key);
    fingerprints.push_back(sale.request->fingerprint);
    names.push_back(sale.request->name);
    lines.push_back(sale.lines);
    order_ids.push_back(is_sold ? std::optional(uuid_of(sale.request->order_id)) : std::nullopt);
    verdicts.push_back(static_cast<std::int64_t>(sale.verdict));
    versions.push_back(sale.version);
    if (is_sold) sold.push_back(uuid_of(sale.request->order_id));
  }
  pipeline.add(insert_sales, keys, order_ids, fingerprints, names, lines, verdicts, versions,
               to_stored(changes.now));
  if (!sold.empty()) pipeline.add(insert_unprojected, sold, std::int64_t{changes.ledger_revision});
}

void add_projected(Pipeline& pipeline, const BatchChanges& changes) {
  if (changes.projected.empty()) return;
  std::vector<Uuid> order_ids;
  order_ids.reserve(changes.projected.size());
  for (const OrderId* id : changes.projected) order_ids.push_back(uuid_of(*id));
  pipeline.add(delete_unprojected, order_ids);
}

struct MemberNames {
  explicit MemberNames(std::span<const Member> members) {
    for (const Member& member : members) add(member);
  }
  MemberNames() = default;
  void add(const Member& member) {
    roles.push_back(static_cast<std::int64_t>(member.role));
    names.push_back(member.name);
    incarnations.push_back(member.incarnation);
  }
  Numbers roles;
  Texts names, incarnations;
};

void add_members(Pipeline& pipeline, const BatchChanges& changes) {
  if (!changes.removed_members.empty()) {
    const MemberNames removed(changes.removed_members);
    pipeline.add(delete_members, removed.roles, removed.names, removed.incarnations);
  }
  if (changes.members.empty()) return;
  MemberNames who;
  Texts urls, control_urls;
  Numbers states, leases, times;
  for (const auto& [member, lease, changed_at] : changes.members) {
    who.add(member);
    urls.push_back(member.url);
    control_urls.push_back(member.control_url);
    states.push_back(static_cast<std::int64_t>(member.state));
    leases.push_back(lease.count());
    times.push_back(to_stored(changed_at));
  }
  pipeline.add(upsert_members, who.roles, who.names, who.incarnations, urls, control_urls, states, leases,
               times);
}

}  // namespace

void add_changes(Pipeline& pipeline, const BatchChanges& changes, Revision revision) {
  add_books(pipeline, changes.books);
  add_ledger(pipeline, changes);
  add_import_keys(pipeline, changes);
  add_keys(pipeline, changes);
  add_sales(pipeline, changes);
  add_projected(pipeline, changes);
  add_members(pipeline, changes);
  if (!changes.books.empty() || changes.next_book_id || changes.probe) {
    pipeline.add(update_meta, std::int64_t{revision}, changes.listing, changes.next_book_id);
  }
}

void add_member_states(Pipeline& pipeline, std::span<const Member> members, MemberState state, WallTime now) {
  if (members.empty()) return;
  const MemberNames who(members);
  pipeline.add(update_states, who.roles, who.names, who.incarnations, static_cast<std::int64_t>(state),
               to_stored(now));
}

}  // namespace bazar::catalog
