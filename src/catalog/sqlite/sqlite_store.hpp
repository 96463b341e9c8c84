#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/coherence/invalidation.hpp"
#include "catalog/coherence/refresh.hpp"
#include "catalog/coherence/write_round.hpp"
#include "catalog/store.hpp"
#include "db/group_committer.hpp"
#include "db/sqlite/database.hpp"
#include "observe/metrics.hpp"

namespace bazar::catalog {

struct SqliteStoreOptions {
  std::string directory;      ///< made where missing; the file is `catalog.db` in it
  Currency currency = {};     ///< of a new database; an existing one keeps its own
  milliseconds lease{2'000};  ///< granted to front-ends that register here
  LeaseTiming timing = {};
  db::CommitterOptions committer = {};
  db::Durability durability = db::Durability::full;  ///< other than `full` only in tests
  std::string vfs = {};                              ///< SQLite VFS, for tests; empty: the system's own
  std::int64_t wal_pages = 4'000;                    ///< checkpoint when the log has grown to this
};

/// A book whose ledger and sales do not add up to its stock.
struct StockMismatch {
  BookId book_id;
  std::int64_t expected = 0;  ///< ledger less what was sold
  std::int64_t stock = 0;     ///< 0 where there is no such book
  friend bool operator==(const StockMismatch&, const StockMismatch&) = default;
};

/// The catalog in one SQLite file (WAL), which any number of processes of one machine share. Reads run where
/// they are called, each on a connection of its own; writes are group commits on one thread. A registration
/// that replaces a live front-end of the same name leaves the old incarnation `revoked`: until its lease has
/// run out, or its death is reported (`retire`), it may still answer from its cache.
class SqliteStore final : public Store {
 public:
  /// Opens or makes the database and brings its schema up to date. Throws Unavailable. What is passed must
  /// outlive the store. Without a refresher front-ends read anew what a write has changed.
  SqliteStore(const SqliteStoreOptions& options, Invalidator& invalidator, const Clock& clock,
              observe::Metrics& metrics, Refresher* refresher = nullptr);
  /// Finishes the transaction under way, but does not wait for leases: writes that do get Unavailable.
  ~SqliteStore() override;

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

  /// Every book for which ledger − sold ≠ stock. Reads everything: for audits and tests.
  [[nodiscard]] std::vector<StockMismatch> audit_stock();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::catalog
