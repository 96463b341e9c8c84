#include "db/sqlite/migrations.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/errors.hpp"
#include "base/random.hpp"

namespace bazar::db {
namespace {

class MigrationsTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void migrate_with(std::span<const Migration> steps) {
    const std::string path = (directory_ / "test.db").string();
    Database database({.path = path});
    WriterLock lock(path);
    migrate(database, lock, steps);
  }
  std::vector<std::int64_t> rows() {
    Database database({.path = (directory_ / "test.db").string()});
    std::vector<std::int64_t> values;
    Query row = database.query("SELECT a FROM t ORDER BY a");
    while (row.next()) values.push_back(row.integer(0));
    return values;
  }

  std::filesystem::path directory_ = std::filesystem::path(testing::TempDir()) / random_hex(8);
};

constexpr Migration first{"table", "CREATE TABLE t(a); INSERT INTO t VALUES(1)"};
constexpr Migration second{"more", "INSERT INTO t VALUES(2)"};
constexpr Migration broken{"broken", "INSERT INTO t VALUES(3); INSERT INTO nowhere VALUES(1)"};

TEST_F(MigrationsTest, runs_each_step_once) {
  migrate_with(std::array{first});
  migrate_with(std::array{first});
  migrate_with(std::array{first, second});
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(MigrationsTest, a_step_that_fails_leaves_nothing_behind) {
  EXPECT_THROW(migrate_with(std::array{first, broken}), SQLite::Exception);
  EXPECT_EQ(rows(), std::vector<std::int64_t>{1});
  migrate_with(std::array{first, second});
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(MigrationsTest, refuses_a_database_of_a_newer_program) {
  migrate_with(std::array{first, second});
  try {
    migrate_with(std::array{first});
    FAIL();
  } catch (const Unavailable& error) {
    EXPECT_NE(std::string(error.what()).find("newer program"), std::string::npos);
  }
}

}  // namespace
}  // namespace bazar::db
