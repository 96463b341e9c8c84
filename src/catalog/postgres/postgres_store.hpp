#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/coherence/invalidation.hpp"
#include "catalog/coherence/refresh.hpp"
#include "catalog/coherence/write_round.hpp"
#include "catalog/store.hpp"
#include "db/group_committer.hpp"
#include "db/postgres/failover_reader.hpp"
#include "observe/metrics.hpp"

namespace bazar::catalog {

struct PostgresStoreOptions {
  std::string url = {};  ///< postgresql://…; several hosts: the primary among them is used
  /// Where lists and searches are read, and while no primary answers lookups, all labelled; empty: on the
  /// primary.
  std::string standby_url = {};
  Currency currency = {};     ///< of a new database; an existing one keeps its own
  milliseconds lease{2'000};  ///< granted to front-ends that register here
  LeaseTiming timing = {};
  db::CommitterOptions committer = {};
  db::postgres::Barrier barrier = db::postgres::Barrier::automatic;
  milliseconds read_deadline{3'000};  ///< of one read, a failover included
  db::postgres::FailoverReaderOptions failover = {};
  milliseconds write_deadline{3'000};  ///< of one round trip of a write batch
  milliseconds patience{3'000};        ///< for a connection, before a batch is given up
  milliseconds doubt{10'000};          ///< to find out whether a COMMIT that was cut off was done
};

/// The catalog in a PostgreSQL database (15 or newer), which catalogs of several machines share. Writes are
/// group commits on one thread, two round trips each; writers take turns on an advisory lock. Reads run on a
/// loop of the store's own, on the primary and behind a barrier (docs/protocol.md, rule 10), but for what a
/// standby answers, whose epoch is none that a cache would take: lists, searches, and lookups while no
/// primary answers. A registration that replaces a
/// live front-end of the same name leaves the old incarnation `revoked`, as with SQLite.
class PostgresStore final : public Store {
 public:
  /// Connects, brings the schema up to date. Throws Unavailable with what is wrong, std::invalid_argument
  /// where a URL is none. What is passed must outlive the store. Without a refresher front-ends read anew
  /// what a write has changed.
  PostgresStore(const PostgresStoreOptions& options, Invalidator& invalidator, const Clock& clock,
                observe::Metrics& metrics, Refresher* refresher = nullptr);
  /// Finishes the transaction under way, but does not wait for leases: writes that do get Unavailable.
  ~PostgresStore() override;

  Task<Snapshot<EncodedBatch>> books(std::vector<BookId> ids,
                                     Consistency consistency = Consistency::strict) override;
  Task<Snapshot<Page<Book>>> list(BookId after, std::size_t limit) override;
  Task<Snapshot<std::optional<Page<Book>>>> by_topic(std::string topic, BookId after, std::size_t limit,
                                                     Consistency consistency = Consistency::strict) override;
  Task<Snapshot<std::expected<SearchPage, FieldError>>> search(std::string query,
                                                               std::optional<std::string> after,
                                                               std::size_t limit) override;
  Task<Snapshot<std::vector<Topic>>> topics() override;
  Task<std::optional<Sale>> sale(OrderId order_id) override;
  Task<std::vector<Sale>> unprojected_sales(std::size_t limit) override;

  Task<std::expected<Written, Refusal>> create(BookDraft draft, std::string key,
                                               std::string fingerprint) override;
  Task<std::expected<Written, Refusal>> replace(BookId id, BookDraft draft,
                                                std::optional<Revision> if_match) override;
  Task<std::expected<Written, Refusal>> patch(BookId id, BookPatch patch,
                                              std::optional<Revision> if_match) override;
  Task<std::expected<void, Refusal>> remove(BookId id, std::optional<Revision> if_match) override;
  Task<std::expected<StockLevel, Refusal>> adjust_stock(BookId id, std::int64_t delta, std::string key,
                                                        std::string fingerprint) override;
  Task<std::vector<ImportResult>> import(std::vector<ImportItem> items) override;
  Task<std::vector<SaleOutcome>> sell(std::vector<SaleRequest> sales,
                                      std::vector<OrderId> projected) override;
  Task<std::int64_t> prune(WallTime older_than) override;

  Task<Grant> enroll(Member member) override;
  Task<std::expected<Grant, Refusal>> renew(Role role, std::string name, std::string incarnation) override;
  Task<void> retire(Role role, std::string name, std::string incarnation) override;
  Task<std::vector<Member>> members() override;

  Task<void> check() override;
  [[nodiscard]] const Currency& currency() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::catalog
