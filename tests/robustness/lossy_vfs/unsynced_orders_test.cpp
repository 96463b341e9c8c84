// As unsynced_writes_test, for the order service's own database: an order is answered when it is in there, so
// what was acknowledged must survive a disk that forgets what was not synced.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/random.hpp"
#include "orders/sqlite_store.hpp"
#include "tests/robustness/lossy_vfs/killed_writer.hpp"
#include "tests/robustness/lossy_vfs/lossy_vfs.hpp"

namespace bazar::robustness {
namespace {

using orders::Order;
using orders::SqliteStore;

constexpr int writers = 16;

Order new_order() {
  Order order{.order_id = {},
              .name = "Hiba",
              .currency = "USD",
              .lines = {{.book_id = {2}, .title = "RPCs for Noobs", .quantity = 1, .price = {2235}}},
              .total = Money{2235},
              .ordered_at = {}};
  random_bytes(order.order_id.bytes);
  return order;
}

/// Inserts until the process dies; each acknowledged order's id goes to the parent.
Task<void> insert_for_ever(SqliteStore& store, int acknowledged) {
  for (;;) {
    std::vector<Order> orders;
    orders.push_back(new_order());
    const OrderId id = orders.front().order_id;
    co_await store.insert(std::move(orders));
    report(acknowledged, id);
  }
}

Task<std::size_t> count_lost(SqliteStore& store, std::vector<OrderId> acknowledged) {
  std::size_t lost = 0;
  for (const OrderId& id : acknowledged) {
    const auto order = co_await store.find(id);
    if (!order || order->total != Money{2235}) ++lost;
  }
  co_return lost;
}

class UnsyncedOrdersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    const SqliteStore made(options());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] db::DatabaseOptions options() const {
    // A small log, so that checkpoints are hit too.
    return {.path = (folder_ / "orders.db").string(), .durability = durability_, .wal_pages = 50};
  }

  void insert_until_killed(int acknowledged) const {
    register_lossy_vfs();
    db::DatabaseOptions lossy = options();
    lossy.vfs = lossy_vfs_name;
    SqliteStore store(std::move(lossy));
    Loop loop(1);
    for (int i = 0; i < writers; ++i) {
      asio::co_spawn(loop, insert_for_ever(store, acknowledged), [](std::exception_ptr) { std::abort(); });
    }
    loop.run();
  }

  std::size_t lost_in(int rounds) {
    std::size_t lost = 0;
    for (int round = 0; round < rounds; ++round) {
      const int count = std::uniform_int_distribution(1, 400)(random_);
      const auto acknowledged =
          reported_before_kill(count, [this](int descriptor) { insert_until_killed(descriptor); });
      SqliteStore store(options());
      lost += run(count_lost(store, acknowledged));
    }
    return lost;
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("bazar-unsynced-orders-" + random_hex(8));
  std::mt19937 random_{make_seed()};
  db::Durability durability_ = db::Durability::full;
};

TEST_F(UnsyncedOrdersTest, no_acknowledged_order_is_lost_when_unsynced_writes_are) {
  EXPECT_EQ(lost_in(25), 0U);
}

// The proof that the test above can fail.
TEST_F(UnsyncedOrdersTest, without_syncs_acknowledged_orders_are_lost) {
  durability_ = db::Durability::off;
  EXPECT_GT(lost_in(3), 0U);
}

}  // namespace
}  // namespace bazar::robustness
