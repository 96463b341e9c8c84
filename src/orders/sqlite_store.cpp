#include "orders/sqlite_store.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "db/sqlite/migrations.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::orders {
namespace {

// Amounts are in minor units. Ids are UUIDv7, so rows are appended, and so are a customer's in the index by
// name; lines are JSON because nobody asks for one of them.
constexpr std::array migrations = {
    db::Migration{.name = "orders", .sql = R"sql(
      CREATE TABLE orders (
        order_id   BLOB PRIMARY KEY CHECK (length(order_id) = 16),
        name       TEXT NOT NULL,
        currency   TEXT NOT NULL,
        lines      TEXT NOT NULL,
        total      INTEGER NOT NULL,
        ordered_at INTEGER NOT NULL  -- milliseconds since 1970 UTC
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX orders_by_name ON orders (name, order_id DESC);
    )sql"},
    db::Migration{.name = "orders by name in rising order", .sql = R"sql(
      DROP INDEX orders_by_name;
      CREATE INDEX orders_by_name ON orders (name, order_id);
    )sql"},
};

constexpr db::InsertSql insert_sql{
    .head = "INSERT OR ROLLBACK INTO orders (order_id, name, currency, lines, total, ordered_at) VALUES",
    .tail = "ON CONFLICT (order_id) DO NOTHING"};
constexpr db::Sql find_sql =
    "SELECT order_id, name, currency, lines, total, ordered_at FROM orders WHERE order_id = ?";
constexpr db::Sql list_by_name_sql =
    "SELECT order_id, name, currency, lines, total, ordered_at FROM orders "
    "WHERE name = ? AND order_id < ? ORDER BY order_id DESC LIMIT ?";
constexpr db::Sql list_all_sql =
    "SELECT order_id, name, currency, lines, total, ordered_at FROM orders "
    "WHERE order_id > ? ORDER BY order_id LIMIT ?";
constexpr db::Sql check_sql = "SELECT 1 FROM orders LIMIT 1";

/// A page ends early where its lines have grown to this: a thousand orders of a hundred lines would be 60 MB.
constexpr std::size_t max_page_bytes = 4 * 1024 * 1024;

constexpr json::Format minor_units{.money_decimals = 0};

/// Above every UUID: its version and variant bits are fixed.
constexpr OrderId last_id = [] {
  OrderId id;
  id.bytes.fill(0xFF);
  return id;
}();

struct Row {
  const Order* order;
  std::string lines;
};

void insert_orders(db::Database& database, const std::vector<Row>& rows) {
  database.insert_rows(insert_sql, rows, [](const Row& row) {
    const Order& order = *row.order;
    return std::tuple<db::Blob, const std::string&, const std::string&, const std::string&, std::int64_t,
                      std::int64_t>(db::Blob{order.order_id.bytes}, order.name, order.currency, row.lines,
                                    order.total.minor, order.ordered_at.time_since_epoch().count());
  });
}

Order read_order(const db::Query& row) {
  Order order;
  std::ranges::copy(row.blob(0), order.order_id.bytes.begin());
  order.name = row.text(1);
  order.currency = row.text(2);
  auto lines = json::decode<std::vector<catalog::SoldLine>>(row.text(3), minor_units);
  if (!lines) throw std::runtime_error("the lines of an order in the database are malformed");
  order.lines = *std::move(lines);
  order.total = Money{row.integer(4)};
  order.ordered_at = WallTime{milliseconds{row.integer(5)}};
  return order;
}

}  // namespace

SqliteStore::SqliteStore(db::DatabaseOptions options)
    : options_(std::move(options)),
      lock_(options_.path),
      writer_(options_),
      committer_([this](std::span<Committer::Item> batch) { commit(batch); }, {.max_batch = 64}) {
  db::migrate(writer_, lock_, migrations);
}

SqliteStore::~SqliteStore() = default;

void SqliteStore::commit(std::span<Committer::Item> batch) {
  std::vector<Row> rows;
  for (const auto& item : batch) {
    for (const Order& order : item.request) rows.push_back({&order, json::encode(order.lines, minor_units)});
  }
  const std::lock_guard hold(lock_);
  db::Transaction transaction(writer_, db::Transaction::Kind::write);
  insert_orders(writer_, rows);
  transaction.commit();
}

db::Database& SqliteStore::reader() {
  const std::lock_guard hold(readers_mutex_);
  auto& connection = readers_[std::this_thread::get_id()];
  if (!connection) connection = std::make_unique<db::Database>(options_);
  return *connection;
}

Task<void> SqliteStore::insert(std::vector<Order> orders) {
  if (orders.empty()) co_return;
  co_await committer_.submit(std::move(orders));
}

Task<std::optional<Order>> SqliteStore::find(OrderId id) {
  db::Query row = reader().query(find_sql, db::Blob{id.bytes});
  if (!row.next()) co_return std::nullopt;
  co_return read_order(row);
}

Task<Page<Order>> SqliteStore::list(std::string name, std::optional<OrderId> after, std::size_t limit) {
  db::Database& database = reader();
  const bool everybody = name.empty();
  const OrderId from = after.value_or(everybody ? OrderId{} : last_id);
  // One more than asked for tells whether there is a next page.
  const auto rows = static_cast<std::int64_t>(limit) + 1;
  db::Query row = everybody ? database.query(list_all_sql, db::Blob{from.bytes}, rows)
                            : database.query(list_by_name_sql, name, db::Blob{from.bytes}, rows);
  Page<Order> page;
  std::size_t bytes = 0;
  while (row.next()) {
    if (page.items.size() == limit || bytes >= max_page_bytes) {
      page.next = to_string(page.items.back().order_id);
      break;
    }
    bytes += row.text(3).size();
    page.items.push_back(read_order(row));
  }
  co_return page;
}

Task<void> SqliteStore::check() {
  db::Query row = reader().query(check_sql);
  row.next();
  co_return;
}

}  // namespace bazar::orders
