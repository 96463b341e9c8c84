#include "orders/postgres_store.hpp"

#include "db/postgres/testing/server.hpp"
#include "tests/contract/orders_store_contract.hpp"

namespace bazar::orders {
namespace {

using db::postgres::shared_test_server;

class PostgresFixture final : public StoreFixture {
 public:
  ~PostgresFixture() override { shared_test_server().drop_database(url_); }
  std::unique_ptr<Store> open() override {
    return std::make_unique<PostgresStore>(PostgresStoreOptions{.url = url_});
  }

 private:
  std::string url_ = shared_test_server().create_database();
};

INSTANTIATE_TEST_SUITE_P(Postgres, OrderStoreContract, testing::Values([]() -> std::unique_ptr<StoreFixture> {
                           return std::make_unique<PostgresFixture>();
                         }),
                         [](const auto&) { return "Server"; });

}  // namespace
}  // namespace bazar::orders
