#include <filesystem>

#include "base/random.hpp"
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

}  // namespace
}  // namespace bazar::orders
