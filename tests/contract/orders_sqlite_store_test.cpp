#include <filesystem>

#include "base/random.hpp"
#include "base/temporary_folder.hpp"
#include "db/sqlite/database.hpp"
#include "orders/open_store.hpp"
#include "tests/contract/orders_store_contract.hpp"

namespace bazar::orders {
namespace {

class SqliteFixture final : public StoreFixture {
 public:
  ~SqliteFixture() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Store> open() override { return open_store("sqlite:" + folder_.string()); }

 private:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("bazar-orders-" + random_hex(8));
};

INSTANTIATE_TEST_SUITE_P(Sqlite, OrderStoreContract, testing::Values([]() -> std::unique_ptr<StoreFixture> {
                           return std::make_unique<SqliteFixture>();
                         }),
                         [](const auto&) { return "Embedded"; });

/// Of the first version, whose index by name holds a customer's latest order first.
void put_back_to_schema_1(db::Database& database) {
  database.run_script(R"sql(
BEGIN IMMEDIATE;
DROP INDEX orders_by_name;
CREATE INDEX orders_by_name ON orders (name, order_id DESC);
PRAGMA user_version = 1;
COMMIT;
)sql");
}

TEST(OrderMigrationTest, customers_find_their_orders_when_the_index_by_name_turns_round) {
  const TemporaryFolder folder;
  const std::string url = "sqlite:" + folder.path().string();
  const std::vector<Order> orders{order_of(1, "Hiba"), order_of(2, "Ali"), order_of(3, "Hiba")};
  await(open_store(url)->insert(orders));
  {
    db::Database file({.path = (folder.path() / "orders.db").string()});
    put_back_to_schema_1(file);
  }
  const auto store = open_store(url);
  EXPECT_EQ(await(store->list("Hiba", {}, 9)).items, (std::vector{orders[2], orders[0]}));
  EXPECT_EQ(await(store->list("", {}, 9)).items, orders);
}

}  // namespace
}  // namespace bazar::orders
