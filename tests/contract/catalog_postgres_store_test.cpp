#include "catalog/postgres/postgres_store.hpp"

#include <latch>
#include <thread>

#include "db/postgres/testing/server.hpp"
#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

using db::postgres::shared_test_server;

class PostgresFixture final : public StoreFixture {
 public:
  ~PostgresFixture() override { shared_test_server().drop_database(url_); }

  std::unique_ptr<Store> open_granting(milliseconds lease, Invalidator& invalidator,
                                       Refresher* refresher) override {
    return open_postgres(invalidator, {.url = url_, .lease = lease}, refresher);
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
INSTANTIATE_TEST_SUITE_P(Postgres, CatalogRefreshContract, testing::Values(make_fixture));

class PostgresStoreTest : public testing::Test {
 protected:
  std::unique_ptr<PostgresStore> open(PostgresStoreOptions options = {}) {
    if (options.url.empty()) options.url = fixture_.url();
    return fixture_.open_postgres(frontends_, options);
  }

  PostgresFixture fixture_;
  ScriptedInvalidator frontends_;
};

TEST_F(PostgresStoreTest, a_backend_that_dies_in_the_middle_of_a_batch_costs_another_attempt) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  // The first sale's insert ends its own session, with the COMMIT already sent.
  fixture_.execute(
      "CREATE SEQUENCE attempts; CREATE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF nextval('attempts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; "
      "END $$;"
      "CREATE TRIGGER die AFTER INSERT ON sales EXECUTE FUNCTION die_once()");
  const auto outcomes = run(store->sell({make_sale("k", {{book.id, 3}})}, {}));
  EXPECT_EQ(outcomes.front().verdict, Verdict::sold);
  EXPECT_FALSE(outcomes.front().replayed);
  EXPECT_EQ(find_in(*store, book.id)->quantity, 7);
  EXPECT_EQ(fixture_.execute("SELECT last_value FROM attempts"), "2");
}

TEST_F(PostgresStoreTest, a_batch_of_which_every_session_dies_is_given_up) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  fixture_.execute(
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
      "CREATE TRIGGER die AFTER INSERT ON sales EXECUTE FUNCTION die()");
  EXPECT_THROW((void)run(store->sell({make_sale("k", {{book.id, 3}})}, {})), Unavailable);
  fixture_.execute("DROP TRIGGER die ON sales");
  EXPECT_EQ(run(store->sell({make_sale("k", {{book.id, 3}})}, {})).front().verdict, Verdict::sold);
  EXPECT_EQ(find_in(*store, book.id)->quantity, 7);
}

TEST_F(PostgresStoreTest, a_session_lost_while_front_ends_are_asked_costs_another_attempt) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  run(store->enroll(make_frontend("a")));
  bool first = true;
  frontends_.answer_with([&](const Invalidation&, std::span<const Member>) {
    if (std::exchange(first, false)) {
      fixture_.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bazar catalog "
          "writer' "
          "AND datname = current_database()");
    }
    return std::vector<Member>{};
  });
  EXPECT_EQ(run(store->sell({make_sale("k", {{book.id, 3}})}, {})).front().verdict, Verdict::sold);
  EXPECT_EQ(frontends_.asked().size(), 2u);
  EXPECT_EQ(find_in(*store, book.id)->quantity, 7);
}

TEST_F(PostgresStoreTest, a_request_that_the_database_refuses_spoils_no_other_of_its_batch) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  const std::string nul("a\0b", 3);
  Loop loop(1);
  int sold = 0, failed = 0;
  for (const std::string& name : {std::string("Hiba"), nul, std::string("Lina")}) {
    SaleRequest sale = make_sale("k" + name, {{book.id, 1}});
    sale.name = name;
    asio::co_spawn(loop, store->sell({sale}, {}),
                   [&](const std::exception_ptr& error, const auto&) { ++(error ? failed : sold); });
  }
  loop.run();
  EXPECT_EQ(sold, 2);
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(find_in(*store, book.id)->quantity, 8);
}

TEST_F(PostgresStoreTest, a_writer_that_cannot_have_the_lock_gives_up_in_time_and_lookups_go_on) {
  const auto store = open({.write_deadline = milliseconds(200), .patience = milliseconds(200)});
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  run(store->enroll(make_frontend("a")));
  const auto other = open();
  std::latch locked(1), tried(1);
  frontends_.answer_with([&](const Invalidation&, std::span<const Member>) {
    locked.count_down();
    tried.wait();
    return std::vector<Member>{};
  });
  std::thread holder([&] { EXPECT_TRUE(run(other->adjust_stock(book.id, 1, "", ""))); });
  locked.wait();
  EXPECT_THROW((void)run(store->adjust_stock(book.id, 1, "", "")), Outage);
  EXPECT_EQ(find_in(*store, book.id), book);
  tried.count_down();
  holder.join();
  EXPECT_EQ(find_in(*store, book.id)->quantity, 11);
}

TEST_F(PostgresStoreTest, books_of_one_batch_are_right_whether_another_store_has_changed_all_some_or_none) {
  const auto store = open(), other = open();
  const auto sell = [](Store& through, const std::string& key, std::vector<SaleLine> lines) {
    return run(through.sell({make_sale(key, std::move(lines))}, {})).front();
  };
  const BookId one = run(store->create(make_draft("One", 10), "", ""))->book.id;
  const BookId two = run(store->create(make_draft("Two", 10), "", ""))->book.id;
  const BookId three = run(store->create(make_draft("Three", 10), "", ""))->book.id;
  EXPECT_EQ(sell(*store, "a", {{one, 1}, {two, 1}}).verdict, Verdict::sold);
  EXPECT_EQ(sell(*store, "b", {{one, 1}, {two, 1}, {three, 1}}).verdict, Verdict::sold);
  BookPatch dearer;
  dearer.price = Money{9'999};
  EXPECT_TRUE(run(other->patch(one, dearer, std::nullopt)));
  EXPECT_EQ(run(other->adjust_stock(two, -8, "", ""))->quantity, 0);
  const SaleOutcome empty = sell(*store, "c", {{one, 1}, {two, 1}});
  EXPECT_EQ(empty.verdict, Verdict::out_of_stock);
  const SaleOutcome dear = sell(*store, "d", {{one, 1}, {three, 1}});
  ASSERT_EQ(dear.verdict, Verdict::sold);
  EXPECT_EQ(dear.sale->lines.front().price, Money{9'999});
  EXPECT_TRUE(run(other->remove(three, std::nullopt)));
  EXPECT_EQ(sell(*store, "e", {{one, 1}, {three, 1}}).verdict, Verdict::not_found);
  EXPECT_EQ(sell(*store, "f", {{one, 1}}).verdict, Verdict::sold);
  EXPECT_EQ(find_in(*store, one)->quantity, 6);
}

TEST_F(PostgresStoreTest, what_a_batch_that_was_not_committed_made_of_a_book_is_forgotten) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  EXPECT_EQ(run(store->sell({make_sale("a", {{book.id, 1}})}, {})).front().verdict, Verdict::sold);
  SaleRequest refused = make_sale("b", {{book.id, 9}});
  refused.name = std::string("a\0b", 3);
  EXPECT_ANY_THROW((void)run(store->sell({refused}, {})));
  EXPECT_EQ(run(store->sell({make_sale("c", {{book.id, 9}})}, {})).front().verdict, Verdict::sold);
  EXPECT_EQ(find_in(*store, book.id)->quantity, 0);
}

TEST_F(PostgresStoreTest, unprojected_sales_are_found_one_by_one_also_by_a_plan_from_when_there_was_none) {
  auto store = open();
  const Book book = run(store->create(make_draft("One", 1'000), "", ""))->book;
  fixture_.execute("VACUUM ANALYZE sales, unprojected_sales");
  EXPECT_TRUE(run(store->unprojected_sales(300)).empty());
  std::vector<SaleRequest> sales;
  for (int i = 0; i < 300; ++i) sales.push_back(make_sale("k" + std::to_string(i), {{book.id, 1}}));
  run(store->sell(sales, {}));
  EXPECT_EQ(run(store->unprojected_sales(300)).size(), 300u);
  store.reset();  // its sessions tell their counts when they end
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (fixture_.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                          "application_name LIKE 'bazar%'") != "0") {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
  }
  EXPECT_LT(
      std::stol(fixture_.execute("SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'sales'")),
      3'000);
}

TEST_F(PostgresStoreTest, what_a_standby_answers_is_nothing_that_a_cache_would_take) {
  const auto store = open({.standby_url = fixture_.url()});
  ASSERT_TRUE(run(store->create(make_draft("One", 10), "", "")));
  const std::string epoch = run(store->books({})).epoch;
  EXPECT_NE(run(store->list(BookId{0}, 10)).epoch, epoch);
  EXPECT_NE(run(store->search("one", std::nullopt, 10)).epoch, epoch);
  EXPECT_EQ(run(store->by_topic("systems", BookId{0}, 10)).epoch, epoch);
  EXPECT_EQ(run(store->list(BookId{0}, 10)).value.items.size(), 1u);
}

TEST_F(PostgresStoreTest, a_dump_that_is_restored_begins_a_new_epoch) {
  const auto epoch_now = [&] { return run(open()->books({})).epoch; };
  const std::string epoch = epoch_now();
  EXPECT_EQ(epoch_now(), epoch);
  fixture_.execute(
      "CREATE TABLE copy AS SELECT * FROM meta; DROP TABLE meta; CREATE TABLE meta(LIKE copy INCLUDING ALL); "
      "ALTER TABLE meta ADD PRIMARY KEY (id); INSERT INTO meta SELECT * FROM copy");
  EXPECT_NE(epoch_now(), epoch);
}

TEST_F(PostgresStoreTest, a_database_keeps_its_currency) {
  (void)open();
  EXPECT_EQ(open({.currency = {"JPY", 0}})->currency(), (Currency{"USD", 2}));
}

TEST_F(PostgresStoreTest, the_check_fails_for_as_long_as_nothing_can_be_written) {
  const auto store = open();
  fixture_.execute(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'out of order'; END $$;"
      "CREATE TRIGGER broken BEFORE UPDATE ON meta EXECUTE FUNCTION refuse()");
  EXPECT_ANY_THROW((void)run(store->create(make_draft("One", 10), "", "")));
  EXPECT_ANY_THROW(run(store->check()));
  EXPECT_ANY_THROW(run(store->check())) << "the first one must not take the failure for over";
  fixture_.execute("DROP TRIGGER broken ON meta");
  EXPECT_NO_THROW(run(store->check()));
}

/// With a server of its own, which it stops, freezes and leaves without its standby.
class PostgresStoreOutage : public testing::Test {
 protected:
  std::unique_ptr<PostgresStore> open(PostgresStoreOptions options = {}) {
    options.url = server_.url();
    options.lease = contract_lease;
    return std::make_unique<PostgresStore>(options, frontends_, clock_, metrics_);
  }

  void want_standby(const std::string& name) {
    server_.execute("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'");
    server_.execute("SELECT pg_reload_conf()");
    await("SELECT current_setting('synchronous_standby_names') = '" + name + "'");
  }

  void await(const std::string& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (server_.execute(condition) != "t") ASSERT_LT(std::chrono::steady_clock::now(), until) << condition;
  }

  db::postgres::TestServer server_;
  ScriptedInvalidator frontends_;
  SystemClock clock_;
  observe::Metrics metrics_;
};

TEST_F(PostgresStoreOutage, a_commit_that_was_cut_off_and_done_is_answered_as_done) {
  const auto store = open({.write_deadline = milliseconds(300)});
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  want_standby("nobody");
  std::thread buyer([&] {
    const SaleOutcome outcome = run(store->sell({make_sale("k", {{book.id, 3}})}, {})).front();
    EXPECT_EQ(outcome.verdict, Verdict::sold);
    EXPECT_FALSE(outcome.replayed);
  });
  await("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  await("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'advisory'");  // it asks what became of
                                                                                     // it
  want_standby("");
  buyer.join();
  EXPECT_EQ(find_in(*store, book.id)->quantity, 7);
  EXPECT_EQ(server_.execute("SELECT count(*) FROM sales"), "1");
  EXPECT_EQ(run(store->sell({make_sale("k2", {{book.id, 7}})}, {})).front().verdict, Verdict::sold);
  EXPECT_EQ(find_in(*store, book.id)->quantity, 0);
}

TEST_F(PostgresStoreOutage, a_commit_of_which_nobody_can_tell_is_unknown_and_its_key_makes_the_retry_safe) {
  const auto store =
      open({.write_deadline = milliseconds(200), .patience = milliseconds(200), .doubt = milliseconds(500)});
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  run(store->enroll(make_frontend("a")));
  frontends_.answer_with([&](const Invalidation&, std::span<const Member>) {
    server_.freeze();
    return std::vector<Member>{};
  });
  const SaleRequest sale = make_sale("k", {{book.id, 3}});
  EXPECT_THROW((void)run(store->sell({sale}, {})), DeadlineExceeded);
  frontends_.answer_with({});
  server_.thaw();
  await("SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
  EXPECT_EQ(run(open()->sell({sale}, {})).front().verdict, Verdict::sold);
  EXPECT_EQ(find_in(*open(), book.id)->quantity, 7);
}

TEST_F(PostgresStoreOutage, without_its_standby_a_primary_answers_no_strict_read) {
  const auto store = open({.read_deadline = milliseconds(300)});
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  run(store->enroll(make_frontend("a")));
  want_standby("nobody");
  EXPECT_THROW((void)find_in(*store, book.id), Outage);
  EXPECT_THROW((void)run(store->renew(Role::frontend, "frontend-1", "a")), Outage);
  want_standby("");
  EXPECT_EQ(find_in(*store, book.id), book);
}

TEST_F(PostgresStoreOutage, a_server_that_comes_back_is_another_epoch_and_its_store_goes_on) {
  const auto store = open({.patience = milliseconds(500)});
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  const std::string epoch = run(store->books({})).epoch;
  server_.stop();
  EXPECT_THROW((void)run(store->adjust_stock(book.id, 1, "", "")), Unavailable);
  server_.start();
  EXPECT_EQ(run(store->adjust_stock(book.id, 1, "", ""))->quantity, 11);
  EXPECT_NE(run(store->books({})).epoch, epoch) << "it may have been put back from a copy";
}

TEST_F(PostgresStoreOutage, a_writer_believes_nothing_that_it_knew_of_an_earlier_epoch) {
  const auto store = open();
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  EXPECT_EQ(run(store->sell({make_sale("a", {{book.id, 1}})}, {})).front().verdict, Verdict::sold);
  server_.stop();
  server_.start();
  server_.execute("UPDATE stock SET quantity = 5");  // as a copy put back that went on to the same revision
  EXPECT_EQ(run(store->sell({make_sale("b", {{book.id, 6}})}, {})).front().verdict, Verdict::out_of_stock);
  EXPECT_EQ(run(store->sell({make_sale("c", {{book.id, 2}})}, {})).front().verdict, Verdict::sold);
  EXPECT_EQ(find_in(*store, book.id)->quantity, 3);
}

}  // namespace
}  // namespace bazar::catalog
