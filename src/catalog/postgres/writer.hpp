#pragma once

#include "base/fair_mutex.hpp"
#include "catalog/postgres/batch_rows.hpp"
#include "catalog/postgres/postgres_store.hpp"
#include "catalog/writes/instruments.hpp"
#include "catalog/writes/lease_wait.hpp"
#include "catalog/writes/write_batch.hpp"
#include "db/postgres/client.hpp"

namespace bazar::catalog {

/// The writing side of a store: a thread that commits batches and does what the write round asks of it, and
/// another for the members' own requests, as SqliteWriter has.
class PostgresWriter {
 public:
  PostgresWriter(const PostgresStoreOptions& options, Invalidator& invalidator, Refresher* refresher,
                 const Clock& clock, observe::Metrics& metrics);
  ~PostgresWriter();

  [[nodiscard]] const Currency& currency() const { return currency_; }

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
  struct Attempt;
  enum class Fate : std::uint8_t { committed, not_committed };

  [[nodiscard]] Currency open();
  void commit(std::span<Committer::Item> batch);
  [[nodiscard]] std::optional<SteadyTime> attempt(std::span<Committer::Item> batch, int& cut_offs);
  [[nodiscard]] Attempt begin(std::span<Committer::Item> batch);
  void decide(Attempt& attempt, std::span<Committer::Item> batch);
  [[nodiscard]] Fate store(Attempt& attempt, std::span<const Member> gone);
  [[nodiscard]] Fate resolve();
  [[nodiscard]] Answers invalidate(std::span<const Member> asked, const Attempt& attempt);
  [[nodiscard]] SteadyTime revoke(const WriteRound::Revoke& revoke);
  void refresh(std::span<const Approval> approvals, Attempt& attempt) noexcept;
  [[nodiscard]] SteadyTime wait_end();
  [[nodiscard]] std::shared_ptr<db::postgres::Connection> connection(SteadyTime until);
  db::postgres::Results run(db::postgres::Connection& connection, db::postgres::Pipeline pipeline);
  void roll_back(db::postgres::Connection& connection) noexcept;

  Invalidator& invalidator_;
  Refresher* const refresher_;  ///< null: front-ends read anew what they want
  const Clock& clock_;
  const PostgresStoreOptions options_;
  const std::string name_;  ///< of this writer in the table `writers`
  WriterInstruments instruments_;

  FairMutex attempting_;  ///< held by the committer that uses what follows
  Loop loop_{1};
  db::postgres::Client client_;
  Currency currency_;
  BookCache books_;
  WriteRound round_;
  std::int64_t batch_ = 0;  ///< counts what was tried to commit

  LeaseWait lease_wait_;

  std::atomic<bool> failing_ = false;
  // Last: their threads use all of the above.
  Committer committer_;
  Committer members_committer_;
};

}  // namespace bazar::catalog
