#include "catalog/client.hpp"
#include "catalog/postgres/postgres_store.hpp"
#include "catalog/service.hpp"
#include "catalog/testing/test_support.hpp"
#include "catalog/wire.hpp"
#include "db/postgres/testing/server.hpp"
#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

using testing::ElementsAre;

/// A primary with a synchronous standby, and a store that knows both.
class PostgresFailover : public testing::Test {
 protected:
  PostgresFailover() {
    primary_.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    primary_.execute("SELECT pg_reload_conf()");
    await([&] {
      return primary_.execute("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1";
    });
  }

  std::unique_ptr<PostgresStore> open() {
    return std::make_unique<PostgresStore>(
        PostgresStoreOptions{.url = both(), .standby_url = standby_.url(), .lease = contract_lease},
        frontends_, clock_, metrics_);
  }

  [[nodiscard]] std::string both() const {
    return "postgresql://bazar@127.0.0.1:" + std::to_string(primary_.port()) +
           ",127.0.0.1:" + std::to_string(standby_.port()) + "/postgres";
  }

  template <class Condition>
  void await(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) ASSERT_LT(std::chrono::steady_clock::now(), until);
  }

  /// Until the standby shows what the primary has committed.
  void await_replay() {
    const std::string written = primary_.execute("SELECT pg_current_wal_flush_lsn()");
    await([&] { return standby_.execute("SELECT pg_last_wal_replay_lsn() >= '" + written + "'") == "t"; });
  }

  Snapshot<EncodedBatch> look_up(Store& store, BookId id) {
    return run(store.books({id}, Consistency::labelled));
  }

  db::postgres::TestServer primary_;
  db::postgres::TestServer standby_{db::postgres::StandbyOf{primary_}};
  ScriptedInvalidator frontends_;
  SystemClock clock_;
  observe::Metrics metrics_;
};

TEST_F(PostgresFailover, lookups_are_strict_while_the_primary_answers_and_lists_are_the_standbys) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  EXPECT_FALSE(look_up(*store, book.id).is_labelled());
  EXPECT_EQ(look_up(*store, book.id).epoch, run(store->books({book.id})).epoch);
  EXPECT_FALSE(run(store->by_topic("systems", BookId{0}, 10, Consistency::labelled)).is_labelled());
  await_replay();
  const auto list = run(store->list(BookId{0}, 10));
  EXPECT_TRUE(list.is_labelled());
  EXPECT_THAT(list.value.items, ElementsAre(book));
}

TEST_F(PostgresFailover, without_a_primary_lookups_are_labelled_and_strict_ones_are_an_outage) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  const Revision revision = run(store->books({})).as_of;
  await_replay();
  primary_.crash();
  const auto read = look_up(*store, book.id);
  EXPECT_TRUE(read.is_labelled());
  EXPECT_EQ(read.as_of, revision);
  EXPECT_THAT(books_of(read.value), ElementsAre(book));
  const auto topic = run(store->by_topic("systems", BookId{0}, 10, Consistency::labelled));
  EXPECT_TRUE(topic.is_labelled());
  EXPECT_THAT(topic.value->items, ElementsAre(book));
  EXPECT_THROW((void)run(store->books({book.id})), Outage);
  EXPECT_THROW((void)run(store->renew(Role::frontend, "frontend-1", "a")), Outage) << "no lease is granted";
  EXPECT_NO_THROW(run(store->check())) << "reads are served";
}

TEST_F(PostgresFailover, a_frozen_primary_answers_no_lookup_and_one_that_thaws_does) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  EXPECT_FALSE(look_up(*store, book.id).is_labelled());
  await_replay();
  primary_.freeze();
  EXPECT_TRUE(look_up(*store, book.id).is_labelled());
  primary_.thaw();
  await([&] { return !look_up(*store, book.id).is_labelled(); });
}

TEST_F(PostgresFailover, what_was_acknowledged_outlives_the_primary_in_a_new_epoch) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  const std::string epoch = run(store->books({})).epoch;
  const SaleRequest sale = make_sale("k", {{book.id, 3}});
  EXPECT_EQ(run(store->sell({sale}, {})).front().verdict, Verdict::sold);
  primary_.crash();
  EXPECT_TRUE(look_up(*store, book.id).is_labelled());
  standby_.promote();
  await([&] { return !look_up(*store, book.id).is_labelled(); });
  EXPECT_EQ(find_in(*store, book.id)->quantity, 7);
  EXPECT_NE(run(store->books({})).epoch, epoch);
  const SaleOutcome again = run(store->sell({sale}, {})).front();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(run(store->sell({make_sale("k2", {{book.id, 3}})}, {})).front().verdict, Verdict::sold);
}

TEST_F(PostgresFailover, a_catalog_stays_ready_and_says_what_its_answers_are_worth) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  const std::string target = "/books/" + std::to_string(book.id.value);
  Service service({.database = both(), .standby_database = standby_.url(), .service_token = "token"});
  service.start();
  HttpProbe catalog(service.url());
  EXPECT_TRUE(catalog.get(target).header("ETag"));
  EXPECT_NE(catalog.get(target).header(wire::epoch_header), standby_epoch);
  EXPECT_EQ(catalog.get(strict_probe).status, 200u);
  await_replay();
  primary_.crash();
  const auto labelled = catalog.get(target);
  EXPECT_EQ(labelled.status, 200u);
  EXPECT_EQ(labelled.header(wire::epoch_header), standby_epoch);
  EXPECT_TRUE(labelled.header(wire::as_of_header));
  EXPECT_FALSE(labelled.header("ETag"));
  EXPECT_EQ(catalog.get("/books?ids=1").status, 200u);
  EXPECT_EQ(catalog.get("/readyz").status, 200u);
  EXPECT_EQ(catalog.get(strict_probe).status, 503u) << "no sale can be decided";
  const auto refused = catalog.get(target, {{"Cache-Control", "no-cache"}});
  EXPECT_EQ(refused.status, 503u);
  EXPECT_TRUE(refused.header("Retry-After"));
}

}  // namespace
}  // namespace bazar::catalog
