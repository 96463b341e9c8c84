#include "db/sqlite/writer_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <thread>

#include "base/random.hpp"
#include "db/sqlite/migrations.hpp"

namespace bazar::db {
namespace {

class WriterLockTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path() const { return (directory_ / "test.db").string(); }

  std::filesystem::path directory_ = std::filesystem::path(testing::TempDir()) / random_hex(8);
};

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void send() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void receive() const {
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
  }

 private:
  int ends_[2] = {};
};

constexpr int writers = 3;
constexpr int total_writes = 600;

// Writes rows until the table is full. With no busy timeout, any SQLITE_BUSY throws and fails the process.
int write_until_full(const std::string& path, int writer, const Pipe& ready, const Pipe& go) try {
  Database database({.path = path, .busy_timeout = milliseconds(0)});
  WriterLock lock(path);
  ready.send();
  go.receive();
  for (;;) {
    const std::lock_guard hold(lock);
    Transaction transaction(database, Transaction::Kind::write);
    if (database.run("INSERT INTO t SELECT ?1 WHERE (SELECT count(*) FROM t) < ?2", writer, total_writes) ==
        0)
      return 0;
    transaction.commit();
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "writer %d: %s\n", writer, error.what());
  return 1;
}

TEST_F(WriterLockTest, processes_on_one_file_take_turns_and_never_find_it_busy) {
  // The parent stays connected: no child is ever the last to close, for which SQLite would lock everyone out.
  Database database({.path = path()});
  {
    WriterLock lock(path());
    migrate(database, lock, std::array{Migration{"table", "CREATE TABLE t(writer)"}});
  }
  const Pipe ready, go;
  std::array<pid_t, writers> children{};
  for (int writer = 0; writer < writers; ++writer) {
    children[writer] = ::fork();
    ASSERT_GE(children[writer], 0);
    if (children[writer] == 0) ::_exit(write_until_full(path(), writer, ready, go));
  }
  for (int writer = 0; writer < writers; ++writer) ready.receive();
  for (int writer = 0; writer < writers; ++writer) go.send();
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  Query shares = database.query(
      "SELECT count(*), max(rowid) FROM t WHERE rowid > "
      "(SELECT max(first) FROM (SELECT min(rowid) AS first FROM t GROUP BY writer)) GROUP BY writer");
  // Counted from when the last of them had started: within a factor of three of each other.
  std::vector<std::int64_t> counts;
  while (shares.next()) counts.push_back(shares.integer(0));
  ASSERT_EQ(counts.size(), static_cast<std::size_t>(writers)) << "a writer starved";
  const auto [least, most] = std::ranges::minmax(counts);
  EXPECT_LE(most, 3 * least + 3) << least << " against " << most;
}

TEST_F(WriterLockTest, is_freed_when_its_process_dies) {
  const Pipe held;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    WriterLock lock(path());
    lock.lock();
    held.send();
    ::pause();
  }
  held.receive();
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  WriterLock lock(path());
  lock.lock();
  lock.unlock();
}

TEST_F(WriterLockTest, two_holders_in_one_process_exclude_each_other) {
  WriterLock one(path()), other(path());
  // Atomic only because ThreadSanitizer does not know what a flock orders; read and write are two steps, and
  // only the lock keeps them together.
  std::atomic<std::int64_t> counter = 0;
  const auto count_up = [&counter](WriterLock& lock) {
    for (int i = 0; i < 2'000; ++i) {
      const std::lock_guard hold(lock);
      counter.store(counter.load() + 1);
    }
  };
  std::thread thread([&] { count_up(other); });
  count_up(one);
  thread.join();
  EXPECT_EQ(counter, 4'000);
}

TEST_F(WriterLockTest, says_where_it_cannot_be_made) {
  EXPECT_THROW(WriterLock((directory_ / "none" / "test.db").string()), std::system_error);
}

}  // namespace
}  // namespace bazar::db
