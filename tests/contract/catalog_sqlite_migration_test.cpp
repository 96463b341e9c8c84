#include "base/temporary_folder.hpp"
#include "catalog/sqlite/sqlite_store.hpp"
#include "catalog/testing/schema_6.hpp"
#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

using ::testing::ElementsAre;

class CatalogMigrationTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open() {
    return std::make_unique<SqliteStore>(SqliteStoreOptions{.directory = folder_.path().string()}, frontends_,
                                         clock_, metrics_);
  }
  [[nodiscard]] db::Database file() const {
    return db::Database({.path = (folder_.path() / "catalog.db").string()});
  }

  TemporaryFolder folder_;
  ScriptedInvalidator frontends_;
  SystemClock clock_;
  observe::Metrics metrics_;
};

TEST_F(CatalogMigrationTest, sales_that_are_not_yet_projected_stay_so_when_the_outbox_becomes_one_of_ranges) {
  std::vector<Sale> sold;
  {
    const auto store = open();
    const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
    std::vector<SaleRequest> requests;
    for (const char* key : {"a", "b", "c", "d"}) requests.push_back(make_sale(key, {{book.id, 1}}));
    for (auto& outcome : run(store->sell(std::move(requests), {}))) sold.push_back(outcome.sale.value());
    run(store->sell({}, {sold[1].order_id}));
  }
  {
    auto database = file();
    put_back_to_schema_6(database);
  }

  const auto store = open();
  EXPECT_THAT(run(store->unprojected_sales(10)), ElementsAre(sold[0], sold[2], sold[3]));
  run(store->sell({}, {sold[0].order_id, sold[2].order_id}));
  EXPECT_THAT(run(store->unprojected_sales(10)), ElementsAre(sold[3]));
}

}  // namespace
}  // namespace bazar::catalog
