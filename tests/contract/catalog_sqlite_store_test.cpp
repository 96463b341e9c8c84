#include "catalog/sqlite/sqlite_store.hpp"

#include <boost/asio/detached.hpp>
#include <filesystem>
#include <latch>
#include <thread>

#include "base/random.hpp"
#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

class SqliteFixture final : public StoreFixture {
 public:
  ~SqliteFixture() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> open_granting(milliseconds lease, Invalidator& invalidator,
                                       Refresher* refresher) override {
    return open_sqlite(invalidator, lease, {}, refresher);
  }

  std::unique_ptr<SqliteStore> open_sqlite(Invalidator& invalidator, milliseconds lease,
                                           db::CommitterOptions committer = {},
                                           Refresher* refresher = nullptr) {
    return std::make_unique<SqliteStore>(SqliteStoreOptions{.directory = folder_.string(),
                                                            .lease = lease,
                                                            .timing = {.slack = milliseconds(1)},
                                                            .committer = committer},
                                         invalidator, clock_, metrics_, refresher);
  }

  std::size_t stock_mismatches(Store& store) override {
    return dynamic_cast<SqliteStore&>(store).audit_stock().size();
  }

  void leave_revoked(const Member& member) override {
    db::Database database({.path = (folder_ / "catalog.db").string()});
    database.run("UPDATE members SET state = 1 WHERE name = ? AND incarnation = ?", member.name,
                 member.incarnation);
  }

  [[nodiscard]] std::string path() const { return (folder_ / "catalog.db").string(); }
  [[nodiscard]] std::string metrics() const { return metrics_.expose(); }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("bazar-catalog-" + random_hex(8));
  SystemClock clock_;
  observe::Metrics metrics_;
};

std::unique_ptr<StoreFixture> make_fixture() { return std::make_unique<SqliteFixture>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogStoreContract, testing::Values(make_fixture));
INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogSearchContract, testing::Values(make_fixture));
INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogRefreshContract, testing::Values(make_fixture));

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteFixture fixture_;
  ScriptedInvalidator frontends_;
};

TEST_F(SqliteStoreTest, replicas_share_an_epoch_that_ends_when_the_last_of_them_has_closed) {
  // Only then may the file be put back from a copy, whose revisions are behind what front-ends have cached.
  auto first = fixture_.open(frontends_);
  const std::string epoch = run(first->books({})).epoch;
  auto second = fixture_.open(frontends_);
  first.reset();
  first = fixture_.open(frontends_);
  EXPECT_EQ(run(first->books({})).epoch, epoch);
  EXPECT_EQ(run(second->books({})).epoch, epoch);
  first.reset();
  second.reset();
  EXPECT_NE(run(fixture_.open(frontends_)->books({})).epoch, epoch);
}

TEST_F(SqliteStoreTest, a_database_keeps_its_currency) {
  const auto first = fixture_.open(frontends_);
  SystemClock clock;
  observe::Metrics metrics;
  SqliteStore second(
      {.directory = std::filesystem::path(fixture_.path()).parent_path().string(), .currency = {"JPY", 0}},
      frontends_, clock, metrics);
  EXPECT_EQ(second.currency(), (Currency{"USD", 2}));
}

TEST_F(SqliteStoreTest, the_audit_finds_a_stock_that_does_not_add_up) {
  const auto store = fixture_.open_sqlite(frontends_, contract_lease);
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  EXPECT_TRUE(store->audit_stock().empty());
  db::Database({.path = fixture_.path()}).run("UPDATE stock SET quantity = 7");
  EXPECT_THAT(store->audit_stock(), testing::ElementsAre(StockMismatch{book.id, 10, 7}));
}

TEST_F(SqliteStoreTest, the_check_stands_behind_the_stock) {
  const auto store = fixture_.open(frontends_);
  ASSERT_TRUE(run(store->create(make_draft("One", 10), "", "")));
  EXPECT_THROW(db::Database({.path = fixture_.path()}).run("UPDATE stock SET quantity = -1"),
               SQLite::Exception);
}

TEST_F(SqliteStoreTest, stops_while_it_waits_for_a_lease) {
  auto store = fixture_.open_sqlite(frontends_, std::chrono::hours(1));
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  run(store->enroll(make_frontend("a")));
  std::latch asked(1);
  frontends_.answer_with([&](const Invalidation&, std::span<const Member> members) {
    asked.count_down();
    return std::vector<Member>(members.begin(), members.end());
  });
  std::thread writer([&, waiting = store->remove(book.id, std::nullopt)]() mutable {
    EXPECT_THROW((void)run(std::move(waiting)), Unavailable);
  });
  asked.wait();
  store.reset();
  writer.join();
  EXPECT_TRUE(find_in(*fixture_.open(frontends_), book.id)) << "what was not committed did not happen";
}

TEST_F(SqliteStoreTest, a_death_reported_while_a_write_waits_lets_it_go_on) {
  auto store = fixture_.open_sqlite(frontends_, std::chrono::hours(1));
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  run(store->enroll(make_frontend("a")));
  std::latch asked(1);
  frontends_.answer_with([&](const Invalidation&, std::span<const Member> members) {
    asked.count_down();
    return std::vector<Member>(members.begin(), members.end());
  });
  std::thread writer([&] { EXPECT_TRUE(run(store->remove(book.id, std::nullopt))); });
  asked.wait();
  run(store->retire(Role::frontend, "frontend-1", "a"));
  writer.join();
}

TEST_F(SqliteStoreTest, a_death_reported_to_another_process_lets_a_waiting_write_go_on) {
  auto store = fixture_.open_sqlite(frontends_, std::chrono::hours(1));
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  run(store->enroll(make_frontend("a")));
  std::latch asked(1);
  frontends_.answer_with([&](const Invalidation&, std::span<const Member> members) {
    asked.count_down();
    return std::vector<Member>(members.begin(), members.end());
  });
  std::thread writer([&] { EXPECT_TRUE(run(store->remove(book.id, std::nullopt))); });
  asked.wait();
  run(fixture_.open(frontends_)->retire(Role::frontend, "frontend-1", "a"));
  writer.join();
}

TEST_F(SqliteStoreTest, many_large_requests_do_not_make_one_large_invalidation) {
  auto store = fixture_.open_sqlite(frontends_, contract_lease, {.max_batch_weight = 20});
  const Book book = run(store->create(make_draft("One", 10), "", ""))->book;
  run(store->enroll(make_frontend("a")));
  std::vector<Task<std::vector<ImportResult>>> imports;
  for (int call = 0; call < 10; ++call) {
    std::vector<ImportItem> items;
    for (int row = 0; row < 10; ++row) {
      items.push_back({std::to_string(call) + ":" + std::to_string(row), make_draft("Imported")});
    }
    imports.push_back(store->import(std::move(items)));
  }
  std::latch first_asked(1), queued(1);
  frontends_.answer_with([&](const Invalidation&, std::span<const Member>) {
    if (!first_asked.try_wait()) {
      first_asked.count_down();
      queued.wait();
    }
    return std::vector<Member>{};
  });
  std::thread first([&] { EXPECT_TRUE(run(store->adjust_stock(book.id, 1, "", ""))); });
  first_asked.wait();
  Loop loop(1);
  for (auto& import : imports) asio::co_spawn(loop, std::move(import), asio::detached);
  loop.poll();  // all are queued behind the first
  queued.count_down();
  loop.run();
  first.join();
  std::size_t largest = 0;
  for (const auto& asked : frontends_.asked()) largest = std::max(largest, asked.invalidation.books.size());
  EXPECT_EQ(largest, 20u);
  EXPECT_EQ(run(store->list(BookId{0}, 1'000)).value.items.size(), 101u);
}

TEST_F(SqliteStoreTest, a_write_that_cannot_be_committed_is_an_outage_and_then_the_check_tells) {
  const auto store = fixture_.open(frontends_);
  {
    db::Database other({.path = fixture_.path()});
    other.run_script(
        "CREATE TRIGGER broken BEFORE INSERT ON ledger BEGIN SELECT raise(ABORT, 'out of order'); END");
    EXPECT_ANY_THROW((void)run(store->create(make_draft("One", 10), "", "")));
    other.run_script("DROP TRIGGER broken");
  }
  EXPECT_NO_THROW(run(store->check()));
  EXPECT_TRUE(run(store->create(make_draft("One", 10), "", "")));
}

TEST_F(SqliteStoreTest, the_writer_does_not_remember_what_was_rolled_back) {
  const auto store = fixture_.open(frontends_);
  const Book known = run(store->create(make_draft("Sold before", 10), "", ""))->book;
  const Book fresh = run(store->create(make_draft("Not sold before", 10), "", ""))->book;
  ASSERT_EQ(run(store->sell({make_sale("a", {{known.id, 1}})}, {})).front().verdict, Verdict::sold);
  db::Database other({.path = fixture_.path()});
  other.run_script(
      "CREATE TRIGGER broken BEFORE UPDATE ON meta BEGIN SELECT raise(ABORT, 'out of order'); END");
  EXPECT_ANY_THROW((void)run(store->sell({make_sale("b", {{known.id, 3}, {fresh.id, 3}})}, {})));
  other.run_script("DROP TRIGGER broken");

  const auto all_left = run(store->sell({make_sale("c", {{known.id, 9}, {fresh.id, 10}})}, {}));
  EXPECT_EQ(all_left.front().verdict, Verdict::sold);
  const auto one_more = run(store->sell({make_sale("d", {{known.id, 1}})}, {}));
  EXPECT_EQ(one_more.front().verdict, Verdict::out_of_stock);
  EXPECT_EQ(fixture_.stock_mismatches(*store), 0U);
}

TEST_F(SqliteStoreTest, the_check_fails_for_as_long_as_nothing_can_be_written) {
  const auto store = fixture_.open(frontends_);
  ASSERT_TRUE(run(store->create(make_draft("One", 10), "", "")));
  const Revision revision = run(store->books({})).as_of;
  db::Database other({.path = fixture_.path()});
  other.run_script(
      "CREATE TRIGGER broken BEFORE UPDATE ON meta BEGIN SELECT raise(ABORT, 'out of order'); END");
  EXPECT_ANY_THROW((void)run(store->create(make_draft("Two", 10), "", "")));
  EXPECT_ANY_THROW(run(store->check()));
  EXPECT_ANY_THROW(run(store->check())) << "the first one must not take the failure for over";
  other.run_script("DROP TRIGGER broken");
  EXPECT_NO_THROW(run(store->check()));
  EXPECT_EQ(run(store->books({})).as_of, revision);
}

TEST_F(SqliteStoreTest, counts_its_batches_and_revocations) {
  const auto store = fixture_.open(frontends_);
  run(store->enroll(make_frontend("a")));
  frontends_.answer_with([](const Invalidation&, std::span<const Member> members) {
    return std::vector<Member>(members.begin(), members.end());
  });
  ASSERT_TRUE(run(store->create(make_draft("One", 10), "", "")));
  const std::string text = fixture_.metrics();
  EXPECT_NE(text.find("bazar_committer_batch_size_count 2"), std::string::npos) << text;
  EXPECT_NE(text.find("bazar_members_revoked_total 1"), std::string::npos);
  EXPECT_NE(text.find("bazar_invalidation_duration_seconds_count 1"), std::string::npos);
}

TEST_F(SqliteStoreTest, says_where_its_folder_cannot_be_made) {
  SystemClock clock;
  observe::Metrics metrics;
  EXPECT_THROW(SqliteStore({.directory = "/proc/none"}, frontends_, clock, metrics), Unavailable);
}

}  // namespace
}  // namespace bazar::catalog
