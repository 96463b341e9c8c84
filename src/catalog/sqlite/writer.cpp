#include "catalog/sqlite/writer.hpp"

#include "base/failpoint.hpp"
#include "catalog/sqlite/members.hpp"

namespace bazar::catalog {
SqliteWriter::SqliteWriter(const SqliteStoreOptions& options, const db::DatabaseOptions& file,
                           Invalidator& invalidator, Refresher* refresher, const Clock& clock,
                           observe::Metrics& metrics)
    : invalidator_(invalidator),
      refresher_(refresher),
      clock_(clock),
      lease_(options.lease),
      instruments_(metrics),
      lock_(file.path),
      open_mark_(file.path + ".open"),
      database_(file),
      identity_(prepare_catalog(database_, lock_, open_mark_, options.currency)),
      round_(options.timing),
      lease_wait_(clock),
      committer_([this](std::span<Committer::Item> batch) { commit(batch); }, options.committer, work_items),
      members_committer_([this](std::span<Committer::Item> batch) { commit(batch); }, options.committer,
                         work_items) {}

SqliteWriter::~SqliteWriter() { lease_wait_.stop(); }

void SqliteWriter::commit(std::span<Committer::Item> batch) {
  instruments_.batch_size.Observe(static_cast<double>(batch.size()));
  instruments_.queue_depth.Set(static_cast<double>(committer_.queue_depth()));
  const Stopwatch stopwatch(instruments_.commit, clock_);
  try {
    while (const auto again_at = attempt(batch)) lease_wait_.until(*again_at, [this] { return wait_end(); });
    failing_ = false;
  } catch (...) {
    failing_ = true;
    throw;
  }
}

/// One transaction. Empty: it is committed. Else it was rolled back, and is to be tried again at that time.
std::optional<SteadyTime> SqliteWriter::attempt(std::span<Committer::Item> items) {
  const std::lock_guard in_this_process(attempting_);
  const std::lock_guard among_all(lock_);
  lease_wait_.tell(round_);
  WriteRound::Action action;
  {
    db::Transaction transaction(database_, db::Transaction::Kind::write);
    const std::vector<LeaseHolder> holders = lease_holders(database_);
    SqliteBatchRows rows(database_, identity_, books_);
    WriteBatch batch = apply(rows, items);
    action = round_.begin(holders, !batch.changes().books.empty(), clock_.now());
    Answers answers;
    if (const auto* ask = std::get_if<WriteRound::Ask>(&action)) {
      answers = invalidate(ask->members, batch);
      action = round_.answered(answers.silent);
    }
    if (const auto* commit = std::get_if<WriteRound::Commit>(&action)) {
      set_member_states(database_, commit->gone, MemberState::gone, clock_.wall());
      failpoint::reached("catalog.before_commit");
      transaction.commit();
      failpoint::reached("catalog.after_commit");
      books_.committed(batch.changes(), batch.revision());
      round_.committed(batch.replaced(), clock_.now());
      refresh(answers.approved, batch);
      return std::nullopt;
    }
  }
  if (const auto* silent = std::get_if<WriteRound::Revoke>(&action)) return revoke(*silent);
  return std::get<WriteRound::Wait>(action).until;
}

WriteBatch SqliteWriter::apply(SqliteBatchRows& rows, std::span<Committer::Item> items) {
  WriteBatch batch(rows, identity_, lease_, clock_.wall());
  for (auto& item : items) item.outcome = batch.apply(item.request);
  store_changes(database_, batch.finish(), batch.revision());
  for (auto& item : items) {
    if (auto* grant = std::get_if<Grant>(&item.outcome)) grant->revision = batch.revision();
  }
  return batch;
}

Answers SqliteWriter::invalidate(std::span<const Member> asked, const WriteBatch& batch) {
  const Stopwatch stopwatch(instruments_.invalidation, clock_);
  const Invalidation invalidation{.epoch = identity_.epoch,
                                  .incarnation = {},
                                  .revision = batch.revision(),
                                  .books = batch.changed_ids(),
                                  .listing = batch.changes().listing};
  return invalidator_.ask(invalidation, asked);
}

SteadyTime SqliteWriter::revoke(const WriteRound::Revoke& revoke) {
  db::Transaction transaction(database_, db::Transaction::Kind::write);
  set_member_states(database_, revoke.members, MemberState::revoked, clock_.wall());
  transaction.commit();
  instruments_.revoked.Increment(static_cast<double>(revoke.members.size()));
  return round_.revoked(clock_.now()).until;
}

SteadyTime SqliteWriter::wait_end() {
  const std::lock_guard hold(attempting_);
  const std::vector<LeaseHolder> holders = lease_holders(database_);
  return round_.wait_end(holders, clock_.now());
}

/// After a commit to which all who were asked have said yes. What was committed must not be answered as
/// failed.
void SqliteWriter::refresh(std::span<const Approval> approvals, WriteBatch& batch) noexcept {
  if (refresher_ == nullptr || !is_cached_anywhere(approvals)) return;
  refresher_->send(identity_.epoch, batch.revision(), batch.take_changed_books(), approvals);
}

}  // namespace bazar::catalog
