#include "catalog/sqlite/writer.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>

#include "base/failpoint.hpp"

namespace bazar::catalog {
namespace {

/// How often a writer that waits looks whether a death was reported to another process.
constexpr milliseconds reread_interval{100};

class Stopwatch {
 public:
  Stopwatch(prometheus::Histogram& histogram, const Clock& clock)
      : histogram_(histogram), clock_(clock), start_(clock.now()) {}
  ~Stopwatch() { histogram_.Observe(std::chrono::duration<double>(clock_.now() - start_).count()); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  prometheus::Histogram& histogram_;
  const Clock& clock_;
  SteadyTime start_;
};

}  // namespace

struct SqliteWriter::Instruments {
  explicit Instruments(observe::Metrics& metrics)
      : batch_size(metrics.histogram("bazar_committer_batch_size", "Write requests in one transaction.", {},
                                     {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
        queue_depth(
            metrics.gauge("bazar_committer_queue_depth", "Write requests that wait for their batch.")),
        commit(metrics.histogram("bazar_commit_duration_seconds",
                                 "Time of a write batch, from the first request taken to all durable.")),
        invalidation(metrics.histogram("bazar_invalidation_duration_seconds",
                                       "Time in which the front-ends approve a write batch.")),
        revoked(metrics.counter("bazar_members_revoked_total",
                                "Front-ends that did not approve a write batch.")) {}

  prometheus::Histogram& batch_size;
  prometheus::Gauge& queue_depth;
  prometheus::Histogram& commit;
  prometheus::Histogram& invalidation;
  prometheus::Counter& revoked;
};

SqliteWriter::SqliteWriter(const SqliteStoreOptions& options, const db::DatabaseOptions& file,
                           Invalidator& invalidator, Refresher* refresher, const Clock& clock,
                           observe::Metrics& metrics)
    : invalidator_(invalidator),
      refresher_(refresher),
      clock_(clock),
      lease_(options.lease),
      instruments_(std::make_unique<Instruments>(metrics)),
      lock_(file.path),
      open_mark_(file.path + ".open"),
      database_(file),
      identity_(prepare_catalog(database_, lock_, open_mark_, options.currency)),
      round_(options.timing),
      committer_([this](std::span<Committer::Item> batch) { commit(batch); }, options.committer, work_items) {
}

SqliteWriter::~SqliteWriter() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  news_.notify_one();
}

void SqliteWriter::report_death(const RetireMember& dead) {
  {
    const std::lock_guard hold(mutex_);
    deaths_.push_back(dead);
  }
  news_.notify_one();
}

void SqliteWriter::commit(std::span<Committer::Item> batch) {
  instruments_->batch_size.Observe(static_cast<double>(batch.size()));
  instruments_->queue_depth.Set(static_cast<double>(committer_.queue_depth()));
  const Stopwatch stopwatch(instruments_->commit, clock_);
  try {
    while (const auto again_at = attempt(batch)) wait_until(*again_at);
    failing_ = false;
  } catch (...) {
    failing_ = true;
    throw;
  }
}

/// One transaction. Empty: it is committed. Else it was rolled back, and is to be tried again at that time.
std::optional<SteadyTime> SqliteWriter::attempt(std::span<Committer::Item> items) {
  const std::lock_guard hold(lock_);
  learn_deaths();
  WriteRound::Action action;
  {
    db::Transaction transaction(database_, db::Transaction::Kind::write);
    const std::vector<LeaseHolder> holders = lease_holders(database_);
    WriteBatch batch = apply(items);
    action = round_.begin(holders, !batch.changes().books.empty(), clock_.now());
    std::vector<Member> asked;
    if (auto* ask = std::get_if<WriteRound::Ask>(&action)) {
      asked = std::move(ask->members);
      action = invalidate(asked, batch);
    }
    if (const auto* commit = std::get_if<WriteRound::Commit>(&action)) {
      set_member_states(database_, commit->gone, MemberState::gone, clock_.wall());
      failpoint::reached("catalog.before_commit");
      transaction.commit();
      failpoint::reached("catalog.after_commit");
      round_.committed(batch.replaced(), clock_.now());
      refresh(asked, batch);
      return std::nullopt;
    }
  }
  if (const auto* silent = std::get_if<WriteRound::Revoke>(&action)) return revoke(*silent);
  return std::get<WriteRound::Wait>(action).until;
}

WriteBatch SqliteWriter::apply(std::span<Committer::Item> items) {
  WriteBatch batch(database_, identity_, lease_, clock_.wall());
  for (auto& item : items) item.outcome = batch.apply(item.request);
  batch.finish();
  for (auto& item : items) {
    if (auto* grant = std::get_if<Grant>(&item.outcome)) grant->revision = batch.revision();
  }
  return batch;
}

WriteRound::Action SqliteWriter::invalidate(std::span<const Member> asked, const WriteBatch& batch) {
  const Stopwatch stopwatch(instruments_->invalidation, clock_);
  const Invalidation invalidation{.epoch = identity_.epoch,
                                  .incarnation = {},
                                  .revision = batch.revision(),
                                  .books = batch.changes().books,
                                  .listing = batch.changes().listing};
  return round_.answered(invalidator_.ask(invalidation, asked));
}

SteadyTime SqliteWriter::revoke(const WriteRound::Revoke& revoke) {
  db::Transaction transaction(database_, db::Transaction::Kind::write);
  set_member_states(database_, revoke.members, MemberState::revoked, clock_.wall());
  transaction.commit();
  failpoint::reached("catalog.after_revocation");
  instruments_->revoked.Increment(static_cast<double>(revoke.members.size()));
  return round_.revoked(clock_.now()).until;
}

/// After a commit to which all who were asked have said yes. What was committed must not be answered as
/// failed.
void SqliteWriter::refresh(std::span<const Member> approved, WriteBatch& batch) noexcept {
  if (refresher_ == nullptr || approved.empty()) return;
  refresher_->send(identity_.epoch, batch.revision(), batch.take_changed_books(), approved);
}

void SqliteWriter::wait_until(SteadyTime time) {
  std::unique_lock hold(mutex_);
  for (SteadyTime now = clock_.now(); now < time; now = clock_.now()) {
    if (is_news(hold, std::min(time, now + reread_interval))) return;
    hold.unlock();
    time = std::min(time, round_.wait_end(lease_holders(database_)));
    hold.lock();
  }
}

/// A death was reported here before that time.
bool SqliteWriter::is_news(std::unique_lock<std::mutex>& hold, SteadyTime until) {
  news_.wait_for(hold, until - clock_.now(), [this] { return stopping_ || !deaths_.empty(); });
  if (stopping_) throw Unavailable("the store is stopping");
  return !deaths_.empty();
}

void SqliteWriter::learn_deaths() {
  const std::lock_guard hold(mutex_);
  for (const RetireMember& dead : deaths_) round_.died(dead.role, dead.name, dead.incarnation);
  deaths_.clear();
}

}  // namespace bazar::catalog
