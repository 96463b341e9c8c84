#include "catalog/sqlite/reads.hpp"

#include <algorithm>

#include "catalog/sqlite/members.hpp"
#include "catalog/sqlite/rows.hpp"

namespace bazar::catalog {
namespace {

constexpr db::Sql select_revision("SELECT revision FROM meta");
constexpr db::Sql select_book("SELECT * FROM shelf WHERE id = ?");
constexpr db::LookupSql select_books{"WITH wanted(id) AS (VALUES",
                                     ") SELECT shelf.* FROM wanted CROSS JOIN shelf USING (id)"};
constexpr db::Sql select_books_after("SELECT * FROM shelf WHERE id > ? ORDER BY id LIMIT ?");
constexpr db::Sql select_topic_after("SELECT * FROM shelf WHERE topic = ? AND id > ? ORDER BY id LIMIT ?");
constexpr db::Sql select_has_topic("SELECT 1 FROM topics WHERE topic = ?");
constexpr db::Sql select_topics("SELECT topic, books FROM topics ORDER BY topic");
constexpr db::Sql select_sale(
    "SELECT order_id, key, name, lines, sold_at, version, verdict FROM sales WHERE order_id = ?");
constexpr db::Sql select_unprojected(
    "SELECT order_id, key, name, lines, sold_at, version, verdict "
    "FROM unprojected_ranges CROSS JOIN sales ON sales.id BETWEEN first_id AND last_id "
    "ORDER BY first_id, sales.id LIMIT ?");
constexpr db::Sql select_stock_mismatches(
    "WITH changes(book_id, delta) AS ("
    "  SELECT book_id, delta FROM ledger"
    "  UNION ALL SELECT line.value ->> '$.book_id', -(line.value ->> '$.quantity')"
    "    FROM sales, json_each(sales.lines) AS line WHERE verdict = 0"
    "  UNION ALL SELECT id, 0 FROM stock)"
    "SELECT book_id, sum(delta), coalesce(quantity, 0) FROM changes LEFT JOIN stock ON stock.id = book_id "
    "GROUP BY book_id HAVING sum(delta) <> coalesce(quantity, 0) ORDER BY book_id");

}  // namespace

ReadConnections::Lease::Lease(ReadConnections& pool, std::unique_ptr<db::Database> database)
    : pool_(pool), database_(std::move(database)) {
  snapshot_.emplace(*database_, db::Transaction::Kind::snapshot);
}

ReadConnections::Lease::~Lease() {
  snapshot_.reset();
  const std::lock_guard hold(pool_.mutex_);
  pool_.idle_.push_back(std::move(database_));
}

ReadConnections::Lease ReadConnections::acquire() {
  {
    const std::lock_guard hold(mutex_);
    if (!idle_.empty()) {
      auto database = std::move(idle_.back());
      idle_.pop_back();
      return {*this, std::move(database)};
    }
  }
  return {*this, std::make_unique<db::Database>(options_)};
}

Revision CatalogReader::revision() {
  db::Query row = database_.query(select_revision);
  row.next();
  return row.integer(0);
}

std::optional<Book> CatalogReader::book(BookId id) {
  db::Query row = database_.query(select_book, id.value);
  if (!row.next()) return std::nullopt;
  return book_from(row, identity_.currency);
}

EncodedBatch CatalogReader::books(const std::vector<BookId>& ids) {
  std::vector<BookId> wanted = ids;
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());

  // Places in the text, which moves while it grows.
  struct Found {
    Revision version = 0;
    std::size_t begin = 0;
    std::size_t size = 0;  ///< 0: there is no such book
    bool named = false;    ///< in the batch
  };
  std::vector<Found> found(wanted.size());
  const auto place_of = [&](BookId id) -> Found& {
    return found[static_cast<std::size_t>(std::ranges::lower_bound(wanted, id) - wanted.begin())];
  };
  EncodedBatch batch;
  std::string& text = batch.texts.emplace_back();
  database_.look_up_rows(
      select_books, wanted, [](BookId id) { return std::tuple(id.value); },
      [&](const db::Query& row) {
        const std::size_t begin = text.size();
        const auto [id, version] = encode_book(text, row, identity_.currency);
        place_of(id) = {.version = version, .begin = begin, .size = text.size() - begin};
      });

  batch.books.reserve(wanted.size());
  for (const BookId id : ids) {
    Found& place = place_of(id);
    if (std::exchange(place.named, true)) continue;
    if (place.size == 0) {
      batch.missing.push_back(id);
    } else {
      batch.books.push_back({id,
                             place.version,
                             {.money_decimals = identity_.currency.decimals},
                             std::string_view(text).substr(place.begin, place.size)});
    }
  }
  return batch;
}

// The query is asked for one row more than the page holds, which tells whether there is a next page.
Page<Book> CatalogReader::page_of(db::Query& rows, std::size_t limit) const {
  Page<Book> page;
  while (rows.next()) {
    if (page.items.size() == limit) {
      page.next = std::to_string(page.items.back().id.value);
      break;
    }
    page.items.push_back(book_from(rows, identity_.currency));
  }
  return page;
}

Page<Book> CatalogReader::list(BookId after, std::size_t limit) {
  db::Query rows = database_.query(select_books_after, after.value, static_cast<std::int64_t>(limit) + 1);
  return page_of(rows, limit);
}

std::optional<Page<Book>> CatalogReader::by_topic(const std::string& topic, BookId after, std::size_t limit) {
  if (!database_.query(select_has_topic, topic).next()) return std::nullopt;
  db::Query rows =
      database_.query(select_topic_after, topic, after.value, static_cast<std::int64_t>(limit) + 1);
  return page_of(rows, limit);
}

std::vector<Topic> CatalogReader::topics() {
  std::vector<Topic> topics;
  db::Query rows = database_.query(select_topics);
  while (rows.next()) topics.push_back({rows.text(0), rows.integer(1)});
  return topics;
}

std::optional<Sale> CatalogReader::sale(const OrderId& order_id) {
  db::Query row = database_.query(select_sale, db::Blob{order_id.bytes});
  if (!row.next()) return std::nullopt;
  return sale_from(row, identity_.currency);
}

std::vector<Sale> CatalogReader::unprojected_sales(std::size_t limit) {
  std::vector<Sale> sales;
  db::Query rows = database_.query(select_unprojected, static_cast<std::int64_t>(limit));
  while (rows.next()) sales.push_back(sale_from(rows, identity_.currency));
  return sales;
}

std::optional<Grant> CatalogReader::renewal(Role role, const std::string& name,
                                            const std::string& incarnation) {
  const auto found = find_member(database_, role, name, incarnation);
  if (!found || found->member.state != MemberState::live) return std::nullopt;
  return Grant{.epoch = identity_.epoch, .revision = revision(), .lease_ms = found->lease.count()};
}

std::vector<Member> CatalogReader::members() { return current_members(database_); }

std::vector<StockMismatch> CatalogReader::audit_stock() {
  std::vector<StockMismatch> mismatches;
  db::Query rows = database_.query(select_stock_mismatches);
  while (rows.next()) {
    mismatches.push_back(
        {.book_id = BookId{rows.integer(0)}, .expected = rows.integer(1), .stock = rows.integer(2)});
  }
  return mismatches;
}

}  // namespace bazar::catalog
