#include "catalog/postgres/postgres_store.hpp"

#include "db/postgres/testing/server.hpp"
#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

using db::postgres::shared_test_server;

class PostgresFixture final : public StoreFixture {
 public:
  ~PostgresFixture() override { shared_test_server().drop_database(url_); }

  std::unique_ptr<Store> open(Invalidator& invalidator) override {
    return open_postgres(invalidator, {.url = url_, .lease = contract_lease});
  }

  std::unique_ptr<PostgresStore> open_postgres(Invalidator& invalidator, PostgresStoreOptions options,
                                               Refresher* refresher = nullptr) {
    options.timing.slack = milliseconds(1);
    return std::make_unique<PostgresStore>(options, invalidator, clock_, metrics_, refresher);
  }

  std::size_t stock_mismatches(Store&) override {
    return std::stoul(
        execute("WITH changes(book_id, delta) AS (SELECT book_id, delta FROM ledger UNION ALL "
                "SELECT (line ->> 'book_id')::bigint, -(line ->> 'quantity')::bigint "
                "FROM sales, json_array_elements(lines::json) AS line WHERE verdict = 0 "
                "UNION ALL SELECT id, 0 FROM stock), "
                "sums AS (SELECT book_id, sum(delta) AS expected FROM changes GROUP BY book_id) "
                "SELECT count(*) FROM sums LEFT JOIN stock ON stock.id = book_id WHERE expected <> "
                "coalesce(quantity, 0)"));
  }

  void leave_revoked(const Member& member) override {
    execute("UPDATE members SET state = 1 WHERE name = '" + member.name + "' AND incarnation = '" +
            member.incarnation + "'");
  }

  std::string execute(const std::string& sql) { return shared_test_server().execute(sql, url_); }
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::string url_ = shared_test_server().create_database();
  SystemClock clock_;
  observe::Metrics metrics_;
};

std::unique_ptr<StoreFixture> make_fixture() { return std::make_unique<PostgresFixture>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, CatalogStoreContract, testing::Values(make_fixture));
INSTANTIATE_TEST_SUITE_P(Postgres, CatalogSearchContract, testing::Values(make_fixture));

}  // namespace
}  // namespace bazar::catalog
