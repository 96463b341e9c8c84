#include "db/sqlite/database.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <tuple>

#include "base/errors.hpp"
#include "base/random.hpp"

namespace bazar::db {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path() const { return (directory_ / "test.db").string(); }
  [[nodiscard]] std::unique_ptr<Database> open() const {
    auto database =
        std::make_unique<Database>(DatabaseOptions{.path = path(), .busy_timeout = milliseconds(0)});
    database->run_script("PRAGMA journal_mode = WAL");
    return database;
  }

  std::filesystem::path directory_ = std::filesystem::path(testing::TempDir()) / random_hex(8);
};

std::int64_t count(Database& database) {
  Query rows = database.query("SELECT count(*) FROM t");
  rows.next();
  return rows.integer(0);
}

TEST_F(DatabaseTest, binds_and_reads_every_type) {
  const auto database = open();
  database->run_script("CREATE TABLE t(a, b, c, d, e)");
  const std::array<std::uint8_t, 3> bytes{0, 255, 7};
  const std::string text("a\0b", 3);
  database->run("INSERT INTO t VALUES(?, ?, ?, ?, ?)", std::int64_t{1} << 60, 0.1, text, Blob{bytes},
                std::nullopt);
  Query row = database->query("SELECT * FROM t");
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.integer(0), std::int64_t{1} << 60);
  EXPECT_EQ(row.real(1), 0.1);
  EXPECT_EQ(row.text(2), text);
  EXPECT_TRUE(std::ranges::equal(row.blob(3), bytes));
  EXPECT_EQ(row.optional_text(4), std::nullopt);
  EXPECT_EQ(row.text_view(2), text);
  EXPECT_EQ(row.optional_text_view(2), text);
  EXPECT_EQ(row.optional_text_view(4), std::nullopt);
  EXPECT_FALSE(row.next());
}

TEST_F(DatabaseTest, a_transaction_that_is_left_rolls_back) {
  const auto database = open();
  database->run_script("CREATE TABLE t(a)");
  {
    Transaction transaction(*database, Transaction::Kind::write);
    database->run("INSERT INTO t VALUES(1)");
  }
  EXPECT_EQ(count(*database), 0);
  {
    Transaction transaction(*database, Transaction::Kind::write);
    database->run("INSERT INTO t VALUES(1)");
    transaction.commit();
  }
  EXPECT_EQ(count(*database), 1);
}

TEST_F(DatabaseTest, a_snapshot_does_not_move_while_others_commit) {
  const auto writer = open();
  writer->run_script("CREATE TABLE t(a)");
  const auto reader = open();
  {
    Transaction snapshot(*reader, Transaction::Kind::snapshot);
    EXPECT_EQ(count(*reader), 0);
    writer->run("INSERT INTO t VALUES(1)");
    EXPECT_EQ(count(*reader), 0);
  }
  EXPECT_EQ(count(*reader), 1);
}

TEST_F(DatabaseTest, a_statement_is_prepared_once_and_works_again_after_an_error) {
  const auto database = open();
  database->run_script("CREATE TABLE t(a INTEGER PRIMARY KEY)");
  static constexpr Sql insert("INSERT INTO t VALUES(?)");
  EXPECT_EQ(database->run(insert, 1), 1);
  EXPECT_THROW(database->run(insert, 1), SQLite::Exception);
  EXPECT_EQ(database->run(insert, 2), 1);
}

constexpr InsertSql insert_rows{"INSERT OR ROLLBACK INTO t(a, b) VALUES"};

TEST_F(DatabaseTest, any_number_of_rows_is_inserted_in_their_order) {
  const auto database = open();
  database->run_script("CREATE TABLE t(a, b)");
  std::int64_t before = 0;
  for (const std::size_t rows : {0, 1, 2, 7, 300}) {
    const std::vector<std::string> items(rows, "of " + std::to_string(rows));
    std::int64_t number = 0;
    database->insert_rows(insert_rows, items, [&number](const std::string& item) {
      return std::tuple<std::int64_t, const std::string&>(number++, item);
    });
    Query row = database->query("SELECT rowid, a, b FROM t WHERE rowid > ? ORDER BY rowid", before);
    for (std::size_t i = 0; i < rows; ++i) {
      ASSERT_TRUE(row.next());
      EXPECT_EQ(row.integer(0), ++before);
      EXPECT_EQ(row.integer(1), static_cast<std::int64_t>(i));
      EXPECT_EQ(row.text(2), items[i]);
    }
    EXPECT_FALSE(row.next());
  }
}

TEST_F(DatabaseTest, any_number_of_rows_is_looked_up) {
  static constexpr LookupSql look_up{"WITH wanted(k, x) AS (VALUES",
                                     ") SELECT k, x, b FROM wanted JOIN t ON a = k"};
  const auto database = open();
  database->run_script("CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES(1, 'one'), (5, NULL)");
  for (const int rows : {0, 1, 2, 7, 300}) {
    std::vector<int> items(static_cast<std::size_t>(rows));
    std::iota(items.begin(), items.end(), 0);
    std::vector<std::string> found;
    const std::string text("x");
    database->look_up_rows(
        look_up, items, [&text](int item) { return std::tuple<int, const std::string&>(item, text); },
        [&found](const Query& row) {
          found.push_back(std::to_string(row.integer(0)) + row.text(1) + row.optional_text(2).value_or("-"));
        });
    std::ranges::sort(found);
    std::vector<std::string> expected;
    if (rows > 1) expected.emplace_back("1xone");
    if (rows > 5) expected.emplace_back("5x-");
    EXPECT_EQ(found, expected) << rows;
  }
}

TEST_F(DatabaseTest, a_row_that_the_schema_refuses_ends_the_transaction) {
  const auto database = open();
  database->run_script("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
  {
    Transaction transaction(*database, Transaction::Kind::write);
    EXPECT_THROW(database->insert_rows(insert_rows, std::vector{1, 2, 3, 4, 1},
                                       [](int a) { return std::tuple(a, std::nullopt); }),
                 SQLite::Exception);
    EXPECT_FALSE(database->in_transaction());
  }
  EXPECT_EQ(count(*database), 0);
}

TEST_F(DatabaseTest, an_insert_of_rows_may_leave_out_those_that_are_there) {
  static constexpr InsertSql insert_new{"INSERT OR ROLLBACK INTO t(a) VALUES", "ON CONFLICT DO NOTHING"};
  const auto database = open();
  database->run_script("CREATE TABLE t(a INTEGER PRIMARY KEY)");
  database->insert_rows(insert_new, std::vector{1, 2, 1, 2, 3}, [](int a) { return std::tuple(a); });
  EXPECT_EQ(count(*database), 3);
}

TEST_F(DatabaseTest, one_head_serves_with_several_tails_and_numbers_of_columns) {
  static constexpr Sql head("INSERT OR ROLLBACK INTO t VALUES");
  static constexpr InsertSql insert_all{head};
  static constexpr InsertSql insert_new{head, "ON CONFLICT DO NOTHING"};
  const auto database = open();
  const auto one_column = [](int a) { return std::tuple(a); };
  database->run_script("CREATE TABLE t(a INTEGER PRIMARY KEY)");
  database->insert_rows(insert_all, std::vector{1}, one_column);
  database->insert_rows(insert_new, std::vector{1}, one_column);
  EXPECT_THROW(database->insert_rows(insert_all, std::vector{1}, one_column), SQLite::Exception);
  database->run_script("ALTER TABLE t ADD COLUMN b");
  database->insert_rows(insert_all, std::vector{2}, [](int a) { return std::tuple(a, a); });
  EXPECT_EQ(count(*database), 2);
}

TEST_F(DatabaseTest, a_lock_held_by_another_is_an_outage) {
  const auto one = open();
  const auto other = open();
  Transaction held(*one, Transaction::Kind::write);
  try {
    Transaction refused(*other, Transaction::Kind::write);
    FAIL();
  } catch (const Unavailable& error) {
    EXPECT_NE(std::string(error.what()).find("locked"), std::string::npos);
  }
}

TEST_F(DatabaseTest, a_full_disk_is_an_outage_and_leaves_the_database_as_it_was) {
  const auto database = open();
  database->run_script("CREATE TABLE t(a)");
  database->run_script("PRAGMA max_page_count = 3");
  const std::string large(100'000, 'x');
  try {
    Transaction transaction(*database, Transaction::Kind::write);
    database->run("INSERT INTO t VALUES(?)", large);
    FAIL();
  } catch (const Unavailable& error) {
    EXPECT_NE(std::string(error.what()).find("full"), std::string::npos);
  }
  EXPECT_EQ(count(*database), 0);
}

TEST_F(DatabaseTest, a_file_that_is_no_database_or_cannot_be_opened_is_an_outage) {
  {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path().c_str(), "w"), std::fclose);
    std::fputs(std::string(5'000, 'z').c_str(), file.get());
  }
  EXPECT_THROW((void)open(), Unavailable);
  EXPECT_THROW(Database(DatabaseOptions{.path = path() + "/none/test.db"}), Unavailable);
}

}  // namespace
}  // namespace bazar::db
