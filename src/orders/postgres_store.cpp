#include "orders/postgres_store.hpp"

#include <array>
#include <variant>

#include "db/postgres/client.hpp"
#include "db/postgres/loop_thread.hpp"
#include "db/postgres/migrations.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::orders {
namespace {

using db::postgres::Answer;
using db::postgres::Connection;
using db::postgres::ConnectionOptions;
using db::postgres::Migration;
using db::postgres::Pipeline;
using db::postgres::Row;
using db::postgres::Statement;
using db::postgres::Uuid;

// As in SQLite, so that one can be copied into the other: amounts in minor units, lines as JSON.
constexpr std::array history{Migration{"orders", R"sql(
CREATE TABLE orders(
  order_id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  currency text NOT NULL,
  lines text NOT NULL,
  total bigint NOT NULL,
  ordered_at bigint NOT NULL
);
CREATE INDEX orders_by_name ON orders(name, order_id);
)sql"}};

constexpr Statement insert_orders{
    "insert_orders",
    "INSERT INTO orders(order_id, name, currency, lines, total, ordered_at) SELECT * FROM unnest($1::uuid[], "
    "$2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) ON CONFLICT (order_id) DO NOTHING"};
// An order that is there already may not be replicated yet: the commit has to wait for that, too, and does so
// only if it writes.
constexpr Statement leave_trace{"orders_trace",
                                "SELECT pg_logical_emit_message(true, 'bazar', '') IS NOT NULL"};
constexpr Statement find_order{
    "find_order",
    "SELECT order_id, name, currency, lines, total, ordered_at FROM orders WHERE order_id = $1::uuid"};
constexpr Statement list_by_name{
    "list_by_name",
    "SELECT order_id, name, currency, lines, total, ordered_at FROM orders "
    "WHERE name = $1::text AND order_id < $2::uuid ORDER BY order_id DESC LIMIT $3::bigint"};
constexpr Statement list_all{"list_all",
                             "SELECT order_id, name, currency, lines, total, ordered_at FROM orders "
                             "WHERE order_id > $1::uuid ORDER BY order_id LIMIT $2::bigint"};
constexpr Statement check_orders{"check_orders", "SELECT 1 FROM orders LIMIT 1"};

constexpr milliseconds migration_patience{600'000};

/// A page ends early where its lines have grown to this: a thousand orders of a hundred lines would be 60 MB.
constexpr std::size_t max_page_bytes = 4 * 1024 * 1024;

constexpr json::Format minor_units{.money_decimals = 0};

/// Above every UUID: its version and variant bits are fixed.
constexpr Uuid last_id = [] {
  Uuid id{};
  id.fill(0xFF);
  return id;
}();

SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

ConnectionOptions connection_options(const PostgresStoreOptions& options, const char* name) {
  return {.url = options.url, .application = name, .lock_timeout = options.write_deadline};
}

Order order_from(const Row& row) {
  Order order;
  order.order_id = OrderId{row.uuid(0)};
  order.name = row.text(1);
  order.currency = row.text(2);
  auto lines = json::decode<std::vector<catalog::SoldLine>>(row.text(3), minor_units);
  if (!lines) throw std::runtime_error("the lines of an order in the database are malformed");
  order.lines = *std::move(lines);
  order.total = Money{row.integer(4)};
  order.ordered_at = WallTime{milliseconds{row.integer(5)}};
  return order;
}

/// By id: processes that insert the same orders wait for each other in one direction only.
Pipeline insertion_of(std::vector<const Order*> orders) {
  std::ranges::sort(orders, {}, [](const Order* order) { return order->order_id; });
  std::vector<Uuid> ids;
  std::vector<std::string> names, currencies, lines;
  std::vector<std::int64_t> totals, times;
  for (const Order* order : orders) {
    ids.push_back(order->order_id.bytes);
    names.push_back(order->name);
    currencies.push_back(order->currency);
    lines.push_back(json::encode(order->lines, minor_units));
    totals.push_back(order->total.minor);
    times.push_back(order->ordered_at.time_since_epoch().count());
  }
  Pipeline pipeline;
  pipeline.add(insert_orders, ids, names, currencies, lines, totals, times);
  pipeline.add(leave_trace);
  return pipeline;
}

Page<Order> page_of(const db::postgres::Result& rows, std::size_t limit) {
  Page<Order> page;
  std::size_t bytes = 0;
  for (const Row row : rows) {
    if (page.items.size() == limit || bytes >= max_page_bytes) {
      page.next = to_string(page.items.back().order_id);
      break;
    }
    bytes += row.text(3).size();
    page.items.push_back(order_from(row));
  }
  return page;
}

}  // namespace

Task<void> prepare_orders(Connection& connection, SteadyTime deadline) {
  co_await db::postgres::migrate(connection, "orders", history, deadline);
}

class PostgresStore::Impl {
 public:
  explicit Impl(const PostgresStoreOptions& options)
      : options_(options),
        client_(loop_.get_executor(), connection_options(options, "bazar orders writer")),
        reader_(thread_.executor(), connection_options(options, "bazar orders reads"), options.barrier),
        prepared_(prepare()),
        committer_([this](std::span<Committer::Item> batch) { commit(batch); }, options.committer) {}
  ~Impl() {
    asio::post(thread_.executor(), [this] { reader_.stop(); });
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Task<std::monostate> submit(std::vector<Order> orders) { return committer_.submit(std::move(orders)); }

  Task<Answer> read(Pipeline pipeline) {
    return thread_.run(reader_.read(std::move(pipeline), in(options_.read_deadline)));
  }

 private:
  using Committer = db::GroupCommitter<std::vector<Order>, std::monostate>;

  /// On the thread that makes the store, before the committer's own begins.
  bool prepare() {
    const auto present = db::postgres::run_to_end(loop_, client_.connection(in(options_.patience)));
    return db::postgres::run_to_end(loop_, [](Connection& on) -> Task<bool> {
      co_await prepare_orders(on, in(migration_patience));
      co_return true;
    }(*present));
  }

  void commit(std::span<Committer::Item> batch) {
    std::vector<const Order*> orders;
    for (const auto& item : batch) {
      for (const Order& order : item.request) orders.push_back(&order);
    }
    (void)db::postgres::run_to_end(loop_, store(insertion_of(std::move(orders))));
  }

  /// Again where nobody knows whether it was done: what is there stays as it is.
  Task<bool> store(Pipeline insertion) {
    const SteadyTime until = in(options_.patience);
    for (;;) {
      const auto present = co_await client_.connection(until);
      try {
        co_await present->run(insertion, std::min(until, in(options_.write_deadline)));
        co_return true;
      } catch (const db::postgres::ConnectionLost&) {
        if (std::chrono::steady_clock::now() >= until) throw;
      } catch (const DeadlineExceeded&) {
        if (std::chrono::steady_clock::now() >= until) throw;
      }
    }
  }

  const PostgresStoreOptions options_;
  Loop loop_{1};  ///< of the committer's thread
  db::postgres::Client client_;
  db::postgres::LoopThread thread_;
  db::postgres::BarrierReader reader_;
  bool prepared_;
  Committer committer_;  ///< last: its thread uses the members above
};

PostgresStore::PostgresStore(const PostgresStoreOptions& options) : impl_(std::make_unique<Impl>(options)) {}

PostgresStore::~PostgresStore() = default;

Task<void> PostgresStore::insert(std::vector<Order> orders) {
  if (orders.empty()) co_return;
  co_await impl_->submit(std::move(orders));
}

Task<std::optional<Order>> PostgresStore::find(OrderId id) {
  Pipeline pipeline;
  pipeline.add(find_order, id.bytes);
  const Answer answer = co_await impl_->read(std::move(pipeline));
  if (answer.results.front().empty()) co_return std::nullopt;
  co_return order_from(answer.results.front().only());
}

Task<Page<Order>> PostgresStore::list(std::string name, std::optional<OrderId> after, std::size_t limit) {
  // One more than asked for tells whether there is a next page.
  const auto rows = static_cast<std::int64_t>(limit) + 1;
  Pipeline pipeline;
  if (name.empty()) {
    pipeline.add(list_all, after ? after->bytes : Uuid{}, rows);
  } else {
    pipeline.add(list_by_name, name, after ? after->bytes : last_id, rows);
  }
  const Answer answer = co_await impl_->read(std::move(pipeline));
  co_return page_of(answer.results.front(), limit);
}

Task<void> PostgresStore::check() {
  Pipeline pipeline;
  pipeline.add(check_orders);
  co_await impl_->read(std::move(pipeline));
}

}  // namespace bazar::orders
