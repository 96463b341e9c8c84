#include "catalog/postgres/writer.hpp"

#include "base/failpoint.hpp"
#include "base/random.hpp"
#include "catalog/postgres/rows.hpp"
#include "catalog/postgres/schema.hpp"
#include "catalog/postgres/store_changes.hpp"
#include "db/postgres/loop_thread.hpp"

namespace bazar::catalog {
namespace {

using db::postgres::Connection;
using db::postgres::ConnectionLost;
using db::postgres::Pipeline;
using db::postgres::Results;
using db::postgres::Row;
using db::postgres::Statement;

constexpr Statement begin_batch{"begin_batch", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
// A statement of its own: those after it see what was committed before the lock was had.
constexpr Statement take_lock{"writers_lock", "SELECT pg_advisory_xact_lock($1::bigint)::text"};
constexpr Statement commit_batch{"commit_batch", "COMMIT"};
constexpr Statement roll_back_batch{"roll_back_batch", "ROLLBACK"};
constexpr Statement mark_batch{"mark_batch",
                               "INSERT INTO writers VALUES($1::text, $2::bigint, $3::bigint) "
                               "ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, at = excluded.at"};
constexpr Statement select_batch{"select_batch", "SELECT batch FROM writers WHERE writer = $1::text"};

/// Of a schema's steps: an index over many books takes its time.
constexpr milliseconds migration_patience{600'000};

/// A batch that costs its session this often is given up: it may be what the server dies of.
constexpr int max_cut_offs = 5;

/// Between two looks whether the store is stopping.
constexpr milliseconds resolve_step{1'000};

/// Statements before the batch's own: BEGIN and the lock.
constexpr std::size_t preamble = 2;

db::postgres::ConnectionOptions connection_options(const PostgresStoreOptions& options) {
  return {.url = options.url, .application = "bazar catalog writer", .lock_timeout = options.write_deadline};
}

void open_transaction(Pipeline& pipeline) {
  pipeline.add(begin_batch);
  pipeline.add(take_lock, writers_lock);
}

SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

/// A batch that is decided, in its open transaction.
struct PostgresWriter::Attempt {
  std::shared_ptr<Connection> connection;
  std::unique_ptr<PostgresBatchRows> rows;
  CatalogIdentity identity;
  std::optional<WriteBatch> batch;
};

PostgresWriter::PostgresWriter(const PostgresStoreOptions& options, Invalidator& invalidator,
                               Refresher* refresher, const Clock& clock, observe::Metrics& metrics)
    : invalidator_(invalidator),
      refresher_(refresher),
      clock_(clock),
      options_(options),
      name_(random_hex(16)),
      instruments_(metrics),
      client_(loop_.get_executor(), connection_options(options)),
      currency_(open()),
      round_(options.timing),
      lease_wait_(clock),
      committer_([this](std::span<Committer::Item> batch) { commit(batch); }, options.committer, work_items),
      members_committer_([this](std::span<Committer::Item> batch) { commit(batch); }, options.committer,
                         work_items) {}

PostgresWriter::~PostgresWriter() { lease_wait_.stop(); }

/// On the thread that makes the store, before the committer's own begins.
Currency PostgresWriter::open() {
  const auto present = connection(in(options_.patience));
  return db::postgres::run_to_end(loop_,
                                  prepare_catalog(*present, options_.currency, in(migration_patience)));
}

std::shared_ptr<Connection> PostgresWriter::connection(SteadyTime until) {
  return db::postgres::run_to_end(loop_, client_.connection(until));
}

Results PostgresWriter::run(Connection& on, Pipeline pipeline) {
  return db::postgres::run_to_end(loop_, on.run(std::move(pipeline), in(options_.write_deadline)));
}

void PostgresWriter::commit(std::span<Committer::Item> batch) {
  instruments_.batch_size.Observe(static_cast<double>(batch.size()));
  instruments_.queue_depth.Set(static_cast<double>(committer_.queue_depth()));
  const Stopwatch stopwatch(instruments_.commit, clock_);
  int cut_offs = 0;
  try {
    while (const auto again_at = attempt(batch, cut_offs)) {
      lease_wait_.until(*again_at, [this] { return wait_end(); });
    }
    failing_ = false;
  } catch (...) {
    failing_ = true;
    throw;
  }
}

/// One transaction. Empty: it is committed. Else nothing of it is, and it is to be tried again at that time.
/// `cut_offs` counts the batch's attempts that ended with their session.
std::optional<SteadyTime> PostgresWriter::attempt(std::span<Committer::Item> items, int& cut_offs) {
  const std::lock_guard hold(attempting_);
  lease_wait_.tell(round_);
  Attempt attempt = begin(items);
  WriteRound::Action action;
  try {
    decide(attempt, items);
    round_.enter_epoch(attempt.identity.epoch);
    action = round_.begin(attempt.rows->holders(), !attempt.batch->changes().books.empty(), clock_.now());
    Answers answers;
    if (const auto* ask = std::get_if<WriteRound::Ask>(&action)) {
      answers = invalidate(ask->members, attempt);
      action = round_.answered(answers.silent);
    }
    if (const auto* commit = std::get_if<WriteRound::Commit>(&action)) {
      if (store(attempt, commit->gone) == Fate::not_committed) {
        if (++cut_offs == max_cut_offs) throw Unavailable("the database ends the session of every attempt");
        return clock_.now();
      }
      books_.committed(attempt.batch->changes(), attempt.batch->revision());
      round_.committed(attempt.batch->replaced(), clock_.now());
      refresh(answers.approved, attempt);
      return std::nullopt;
    }
  } catch (...) {
    roll_back(*attempt.connection);
    throw;
  }
  roll_back(*attempt.connection);
  if (const auto* silent = std::get_if<WriteRound::Revoke>(&action)) return revoke(*silent);
  return std::get<WriteRound::Wait>(action).until;
}

/// Opens the transaction and reads, in one round trip; in two where the books that were kept are void, as
/// when another process has written. Nothing is lost with a connection that turns out to be dead: the next
/// one is tried.
PostgresWriter::Attempt PostgresWriter::begin(std::span<Committer::Item> items) {
  std::vector<const WriteRequest*> requests;
  for (const auto& item : items) requests.push_back(&item.request);
  const SteadyTime until = in(options_.patience);
  for (;;) {
    Attempt attempt;
    attempt.connection = connection(until);
    Connection& on = *attempt.connection;
    const BatchNeeds needs(requests, books_);
    Pipeline pipeline;
    open_transaction(pipeline);
    needs.add_to(pipeline);
    try {
      const Results answers = run(on, std::move(pipeline));
      attempt.rows = std::make_unique<PostgresBatchRows>(
          needs, std::span(answers).subspan(preamble), on.server(), currency_, books_,
          [this, &on](Pipeline question) { return run(on, std::move(question)); });
      attempt.identity = {attempt.rows->epoch(), currency_};
      return attempt;
    } catch (const ConnectionLost&) {
      if (std::chrono::steady_clock::now() >= until) throw;
    } catch (...) {
      roll_back(on);
      throw;
    }
  }
}

void PostgresWriter::decide(Attempt& attempt, std::span<Committer::Item> items) {
  WriteBatch& batch = attempt.batch.emplace(*attempt.rows, attempt.identity, options_.lease, clock_.wall());
  for (auto& item : items) item.outcome = batch.apply(item.request);
  (void)batch.finish();
  for (auto& item : items) {
    if (auto* grant = std::get_if<Grant>(&item.outcome)) grant->revision = batch.revision();
  }
}

/// Every batch writes, if only its mark: so its COMMIT waits for the standby, and what it answers is what the
/// primary says.
PostgresWriter::Fate PostgresWriter::store(Attempt& attempt, std::span<const Member> gone) {
  Pipeline pipeline;
  add_changes(pipeline, attempt.batch->changes(), attempt.batch->revision());
  add_member_states(pipeline, gone, MemberState::gone, clock_.wall());
  pipeline.add(mark_batch, name_, ++batch_, to_stored(clock_.wall()));
  pipeline.add(commit_batch);
  failpoint::reached("catalog.before_commit");
  try {
    run(*attempt.connection, std::move(pipeline));
  } catch (const ConnectionLost&) {
    return resolve();
  } catch (const DeadlineExceeded&) {
    return resolve();
  }
  failpoint::reached("catalog.after_commit");
  return Fate::committed;
}

/// Whether the last batch, whose COMMIT was cut off, was done. The lock waits until its transaction has
/// ended, if the server still has it; after a failover a commit that no standby had is gone for good. The
/// reading is itself a commit: what it says is replicated.
PostgresWriter::Fate PostgresWriter::resolve() {
  const SteadyTime until = in(options_.doubt);
  for (;;) {
    std::shared_ptr<Connection> present;
    try {
      present = connection(std::min(until, in(resolve_step)));
      Pipeline pipeline;
      open_transaction(pipeline);
      pipeline.add(select_batch, name_);
      pipeline.add(mark_batch, name_ + ":asked", batch_, to_stored(clock_.wall()));
      pipeline.add(commit_batch);
      const Results results = run(*present, std::move(pipeline));
      const auto& last = results.at(preamble);
      return !last.empty() && last.only().integer(0) >= batch_ ? Fate::committed : Fate::not_committed;
    } catch (const std::exception&) {
      // Whatever it is: an error that is no outage would have the batch run again request by request.
      if (present) present->close();
      if (lease_wait_.stopping() || std::chrono::steady_clock::now() >= until) {
        throw DeadlineExceeded("a COMMIT was cut off, and the database does not say whether it was done");
      }
    }
  }
}

void PostgresWriter::roll_back(Connection& on) noexcept {
  if (!on.usable()) return;
  try {
    Pipeline pipeline;
    pipeline.add(roll_back_batch);
    run(on, std::move(pipeline));
  } catch (const std::exception&) {
    // Then its session ends, and with it the transaction and the lock.
    on.close();
  }
}

Answers PostgresWriter::invalidate(std::span<const Member> asked, const Attempt& attempt) {
  const Stopwatch stopwatch(instruments_.invalidation, clock_);
  const Invalidation invalidation{.epoch = attempt.identity.epoch,
                                  .incarnation = {},
                                  .revision = attempt.batch->revision(),
                                  .books = attempt.batch->changed_ids(),
                                  .listing = attempt.batch->changes().listing};
  return invalidator_.ask(invalidation, asked);
}

SteadyTime PostgresWriter::revoke(const WriteRound::Revoke& revoke) {
  const auto present = connection(in(options_.patience));
  Pipeline pipeline;
  open_transaction(pipeline);
  add_member_states(pipeline, revoke.members, MemberState::revoked, clock_.wall());
  pipeline.add(commit_batch);
  try {
    run(*present, std::move(pipeline));
  } catch (...) {
    roll_back(*present);
    throw;
  }
  instruments_.revoked.Increment(static_cast<double>(revoke.members.size()));
  return round_.revoked(clock_.now()).until;
}

/// After a commit to which all who were asked have said yes. What was committed must not be answered as
/// failed.
void PostgresWriter::refresh(std::span<const Approval> approvals, Attempt& attempt) noexcept {
  if (refresher_ == nullptr || !is_cached_anywhere(approvals)) return;
  refresher_->send(attempt.identity.epoch, attempt.batch->revision(), attempt.batch->take_changed_books(),
                   approvals);
}

/// The time as it was known where the database does not answer now; the past where another epoch has begun,
/// so that all is read anew.
SteadyTime PostgresWriter::wait_end() {
  const std::lock_guard hold(attempting_);
  try {
    const auto present = connection(in(options_.patience));
    const BatchNeeds nothing_but_members({}, books_);
    Pipeline pipeline;
    nothing_but_members.add_to(pipeline);
    const Results answers = run(*present, std::move(pipeline));
    const PostgresBatchRows rows(nothing_but_members, answers, present->server(), currency_, books_, {});
    if (rows.epoch() != round_.epoch()) return SteadyTime::min();
    return round_.wait_end(rows.holders(), clock_.now());
  } catch (const Outage&) {
    return SteadyTime::max();
  }
}

}  // namespace bazar::catalog
