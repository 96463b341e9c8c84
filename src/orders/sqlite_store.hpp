#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "db/group_committer.hpp"
#include "db/sqlite/database.hpp"
#include "db/sqlite/writer_lock.hpp"
#include "orders/store.hpp"

namespace bazar::orders {

/// The orders in an SQLite file, which the order services of one machine share. Inserts go through one
/// committer a process; reads run on the caller's thread, on a connection of its own, and see every insert
/// that has returned.
class SqliteStore final : public Store {
 public:
  /// Opens or makes the file and brings its schema up to date.
  explicit SqliteStore(db::DatabaseOptions options);
  ~SqliteStore() override;

  Task<void> insert(std::vector<Order> orders) override;
  Task<std::optional<Order>> find(OrderId id) override;
  Task<Page<Order>> list(std::string name, std::optional<OrderId> after, std::size_t limit) override;
  Task<void> check() override;

 private:
  using Committer = db::GroupCommitter<std::vector<Order>, std::monostate>;

  void commit(std::span<Committer::Item> batch);
  [[nodiscard]] db::Database& reader();  ///< of this thread

  db::DatabaseOptions options_;
  db::WriterLock lock_;
  db::Database writer_;
  std::mutex readers_mutex_;
  std::unordered_map<std::thread::id, std::unique_ptr<db::Database>> readers_;
  Committer committer_;  ///< last: its thread uses the members above
};

}  // namespace bazar::orders
