#pragma once

#include "catalog/postgres/postgres_store.hpp"
#include "db/postgres/loop_thread.hpp"

namespace bazar::catalog {

/// The store's queries, each one statement and so one snapshot. They run on the loop that is passed; call
/// everything but the constructor and the destructor there.
class PostgresReader {
 public:
  PostgresReader(const PostgresStoreOptions& options, Currency currency, LoopExecutor executor,
                 observe::Metrics& metrics);

  Task<Snapshot<EncodedBatch>> books(std::vector<BookId> ids, Consistency consistency);
  Task<Snapshot<Page<Book>>> list(BookId after, std::size_t limit);
  Task<Snapshot<std::optional<Page<Book>>>> by_topic(std::string topic, BookId after, std::size_t limit,
                                                     Consistency consistency);
  Task<Snapshot<std::expected<SearchPage, FieldError>>> search(std::string query,
                                                               std::optional<std::string> after,
                                                               std::size_t limit);
  Task<Snapshot<std::vector<Topic>>> topics();
  Task<std::optional<Sale>> sale(OrderId order_id);
  Task<std::vector<Sale>> unprojected_sales(std::size_t limit);
  Task<std::expected<Grant, Refusal>> renew(Role role, std::string name, std::string incarnation);
  Task<std::vector<Member>> members();

  /// What is under way, and what comes later, gets Unavailable.
  void stop();

 private:
  struct Read;
  /// On the primary, behind the barrier.
  Task<Read> read_strictly(db::postgres::Pipeline pipeline);
  /// Strictly, or where `consistency` allows it on a standby while no primary answers.
  Task<Read> look_up(db::postgres::Pipeline pipeline, Consistency consistency);
  /// On a standby, where there is one.
  Task<Read> browse(db::postgres::Pipeline pipeline);
  [[nodiscard]] SteadyTime deadline() const { return std::chrono::steady_clock::now() + deadline_; }

  Currency currency_;
  milliseconds deadline_;
  bool has_standby_;
  db::postgres::BarrierReader strict_;
  db::postgres::BarrierReader browsing_;  ///< apart, so that a long list holds nothing else up
  db::postgres::FailoverReader lookups_;  ///< used where there is a standby
};

}  // namespace bazar::catalog
