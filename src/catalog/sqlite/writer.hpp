#pragma once

#include "base/fair_mutex.hpp"
#include "catalog/sqlite/batch_rows.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/sqlite_store.hpp"
#include "catalog/writes/instruments.hpp"
#include "catalog/writes/lease_wait.hpp"
#include "db/sqlite/writer_lock.hpp"

namespace bazar::catalog {

/// The writing side of a store: a thread that commits batches and does what the write round asks of it, and
/// another for the members' own requests, which must not wait while a batch waits for leases: a front-end
/// that is started anew could not register until all who died before it were waited out.
class SqliteWriter {
 public:
  SqliteWriter(const SqliteStoreOptions& options, const db::DatabaseOptions& file, Invalidator& invalidator,
               Refresher* refresher, const Clock& clock, observe::Metrics& metrics);
  ~SqliteWriter();

  [[nodiscard]] const CatalogIdentity& identity() const { return identity_; }

  template <class Outcome>
  Task<Outcome> submit(WriteRequest request) {
    Committer& committer = is_of_members(request) ? members_committer_ : committer_;
    WriteOutcome outcome = co_await committer.submit(std::move(request));
    co_return std::get<Outcome>(std::move(outcome));
  }

  /// A death was seen: a batch that waits for this lease need not wait any longer.
  void report_death(const RetireMember& dead) { lease_wait_.report_death(dead); }
  /// The last batch could not be committed.
  [[nodiscard]] bool failing() const { return failing_.load(std::memory_order_relaxed); }

 private:
  using Committer = db::GroupCommitter<WriteRequest, WriteOutcome>;

  void commit(std::span<Committer::Item> batch);
  [[nodiscard]] std::optional<SteadyTime> attempt(std::span<Committer::Item> batch);
  [[nodiscard]] WriteBatch apply(SqliteBatchRows& rows, std::span<Committer::Item> batch);
  [[nodiscard]] Answers invalidate(std::span<const Member> asked, const WriteBatch& batch);
  [[nodiscard]] SteadyTime revoke(const WriteRound::Revoke& revoke);
  [[nodiscard]] SteadyTime wait_end();
  void refresh(std::span<const Approval> approvals, WriteBatch& batch) noexcept;

  Invalidator& invalidator_;
  Refresher* const refresher_;  ///< null: front-ends read anew what they want
  const Clock& clock_;
  const milliseconds lease_;
  WriterInstruments instruments_;

  FairMutex attempting_;  ///< held by the committer that uses what follows
  db::WriterLock lock_;
  db::LockFile open_mark_;
  db::Database database_;
  CatalogIdentity identity_;
  BookCache books_;
  WriteRound round_;

  LeaseWait lease_wait_;

  std::atomic<bool> failing_ = false;
  // Last: their threads use all of the above.
  Committer committer_;
  Committer members_committer_;
};

}  // namespace bazar::catalog
