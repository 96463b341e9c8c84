// What a kill cannot show: a commit that was acknowledged before it had reached the disk. A child sells
// through a store whose file system forgets unsynced writes when it dies; it is killed at a random moment,
// and every sale that it acknowledged must be there.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/random.hpp"
#include "catalog/sqlite/sqlite_store.hpp"
#include "tests/robustness/lossy_vfs/killed_writer.hpp"
#include "tests/robustness/lossy_vfs/lossy_vfs.hpp"

namespace bazar::robustness {
namespace {

using catalog::SqliteStore;
using catalog::SqliteStoreOptions;

constexpr std::int64_t initial_stock = 1'000'000;
constexpr std::array books{BookId{1}, BookId{2}, BookId{3}};
constexpr int buyers = 16;

class NobodyToAsk final : public catalog::Invalidator {
 public:
  catalog::Answers ask(const catalog::Invalidation&, std::span<const catalog::Member>) override { return {}; }
};

struct OpenStore {
  explicit OpenStore(SqliteStoreOptions options) : store(std::move(options), invalidator, clock, metrics) {}
  NobodyToAsk invalidator;
  SystemClock clock;
  observe::Metrics metrics;
  SqliteStore store;
};

/// Buys until the process dies; each acknowledged sale's order id goes to the parent.
Task<void> buy_for_ever(SqliteStore& store, int acknowledged) {
  for (;;) {
    catalog::SaleRequest sale{
        .key = random_hex(16), .order_id = {}, .name = "Hiba", .lines = {}, .fingerprint = "f"};
    random_bytes(sale.order_id.bytes);
    sale.lines.push_back({books[sale.order_id.bytes[0] % books.size()], 1});
    const OrderId id = sale.order_id;
    std::vector<catalog::SaleRequest> sales;
    sales.push_back(std::move(sale));
    const auto outcomes = co_await store.sell(std::move(sales), {});
    if (outcomes.front().verdict != catalog::Verdict::sold) std::abort();
    report(acknowledged, id);
  }
}

void sell_until_killed(SqliteStoreOptions options, int acknowledged) {
  register_lossy_vfs();
  options.vfs = lossy_vfs_name;
  OpenStore open(std::move(options));
  Loop loop(1);
  for (int buyer = 0; buyer < buyers; ++buyer) {
    asio::co_spawn(loop, buy_for_ever(open.store, acknowledged), [](std::exception_ptr) { std::abort(); });
  }
  loop.run();
}

class UnsyncedWritesTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenStore open(options());
    for (const BookId id : books) {
      catalog::BookDraft draft;
      draft.id = id;
      draft.title = "Book";
      draft.topic = "topic";
      draft.quantity = initial_stock;
      ASSERT_TRUE(run(create(open.store, draft)));
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Task<bool> create(SqliteStore& store, catalog::BookDraft draft) {
    co_return (co_await store.create(std::move(draft), "", "")).has_value();
  }

  [[nodiscard]] SqliteStoreOptions options() const {
    // A small log, so that checkpoints are hit too.
    return {.directory = folder_.string(), .durability = durability_, .wal_pages = 50};
  }

  static Task<std::size_t> count_lost(SqliteStore& store, std::vector<OrderId> acknowledged) {
    std::size_t lost = 0;
    for (const OrderId& id : acknowledged) {
      if (!co_await store.sale(id)) ++lost;
    }
    co_return lost;
  }

  static Task<std::int64_t> count_sold(SqliteStore& store) {
    co_return static_cast<std::int64_t>((co_await store.unprojected_sales(1'000'000)).size());
  }

  static Task<std::int64_t> count_stock(SqliteStore& store) {
    std::int64_t stock = 0;
    for (const catalog::Book& book : (co_await store.list(BookId{0}, books.size())).value.items)
      stock += book.quantity;
    co_return stock;
  }

  void kill_rounds(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      const int count = std::uniform_int_distribution(1, 400)(random_);
      const auto acknowledged =
          reported_before_kill(count, [this](int descriptor) { sell_until_killed(options(), descriptor); });
      OpenStore open(options());
      lost_ += run(count_lost(open.store, acknowledged));
      EXPECT_TRUE(open.store.audit_stock().empty()) << "round " << round;
      EXPECT_EQ(run(count_stock(open.store)) + run(count_sold(open.store)),
                static_cast<std::int64_t>(books.size()) * initial_stock)
          << "round " << round;
    }
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("bazar-unsynced-" + random_hex(8));
  std::mt19937 random_{make_seed()};
  db::Durability durability_ = db::Durability::full;
  std::size_t lost_ = 0;
};

TEST_F(UnsyncedWritesTest, no_acknowledged_sale_is_lost_when_unsynced_writes_are) {
  kill_rounds(25);
  EXPECT_EQ(lost_, 0u);
}

// The proof that the test above can fail.
TEST_F(UnsyncedWritesTest, without_syncs_acknowledged_sales_are_lost) {
  durability_ = db::Durability::off;
  kill_rounds(3);
  EXPECT_GT(lost_, 0u);
}

}  // namespace
}  // namespace bazar::robustness
