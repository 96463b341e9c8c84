#pragma once

#include <memory>
#include <string>
#include <vector>

#include "db/group_committer.hpp"
#include "db/postgres/barrier.hpp"
#include "db/postgres/connection.hpp"
#include "orders/store.hpp"

namespace bazar::orders {

struct PostgresStoreOptions {
  std::string url;  ///< postgresql://…; several hosts: the primary among them is used
  db::CommitterOptions committer = {.max_batch = 64};
  db::postgres::Barrier barrier = db::postgres::Barrier::automatic;
  milliseconds read_deadline{3'000};   ///< of one read, a failover included
  milliseconds write_deadline{3'000};  ///< of one round trip of a batch
  milliseconds patience{6'000};        ///< of a batch; inserts are repeated until then, they are idempotent
};

/// Brings the schema up to date.
Task<void> prepare_orders(db::postgres::Connection& connection, SteadyTime deadline);

/// The orders in a PostgreSQL database (15 or newer), which the order services of several machines share.
/// Inserts go through one committer a process, one round trip a batch; reads run on a loop of the store's
/// own, behind a barrier (docs/protocol.md, rule 10), and see every insert that has returned.
class PostgresStore final : public Store {
 public:
  /// Connects, brings the schema up to date. Throws Unavailable with what is wrong, std::invalid_argument
  /// where the URL is none.
  explicit PostgresStore(const PostgresStoreOptions& options);
  ~PostgresStore() override;

  Task<void> insert(std::vector<Order> orders) override;
  Task<std::optional<Order>> find(OrderId id) override;
  Task<Page<Order>> list(std::string name, std::optional<OrderId> after, std::size_t limit) override;
  Task<void> check() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::orders
