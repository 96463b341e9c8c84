#include "catalog.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/assert.hpp"
#include "frontend.hpp"
#include "world.hpp"

namespace bazar::simulation {

using catalog::LeaseHolder;
using catalog::Member;
using catalog::MemberState;
using catalog::WriteRound;

Catalog::Catalog(World& world, int node, std::string name) : Process(world, node, std::move(name)) {}

State& Catalog::database() const { return world().database.state; }

bool Catalog::holds_lock() const { return world().database.lock.holder() == node(); }

void Catalog::release_lock() { world().database.lock.release(node()); }

catalog::LeaseTiming Catalog::timing() const {
  const auto& parameters = world().parameters;
  return {.clock_rate_error = world().rules.wait_covers_clock_rate ? parameters.rho : 0,
          .slack = parameters.slack};
}

microseconds Catalog::draw_commit_time() const {
  const auto& parameters = world().parameters;
  if (world().stormy && world().random.chance(parameters.disk_stalls)) {
    return world().random.time<microseconds>(microseconds(0), parameters.lease);
  }
  return world().random.around(parameters.commit_time);
}

void Catalog::started() { round_.emplace(timing()); }

// A transaction that was not committed is rolled back; one that was about to be is committed or not.
void Catalog::killed() {
  if (phase_ == Phase::committing && !visible_) {
    const bool done = world().random.chance(0.5);
    ++(done ? world().statistics.crashes_after_commit : world().statistics.crashes_before_commit);
    if (done) make_visible();
  }
  release_lock();
  queue_.clear();
  items_.clear();
  batch_.reset();
  deaths_.clear();
  old_snapshot_.reset();
  phase_ = Phase::idle;
}

void Catalog::submit(WriteRequest request, Respond<WriteAnswer> respond) {
  if (const auto* enroll = std::get_if<Enroll>(&request);
      enroll && !world().rules.registration_takes_writers_lock) {
    return register_without_lock(*enroll, respond);
  }
  queue_.push_back({std::move(request), std::move(respond)});
  if (phase_ == Phase::idle) work();
}

void Catalog::register_without_lock(const Enroll& request, const Respond<WriteAnswer>& respond) {
  Batch batch(database(), world().rules, world().parameters.lease, world().database.orders);
  WriteAnswer answer = batch.apply(request);
  answer.grant->revision = batch.revision();
  answer.granted_at = world().now();
  batch.commit_to(database());
  respond(std::move(answer));
}

void Catalog::work() {
  if (queue_.empty()) return;
  const std::size_t size = std::min(queue_.size(), world().parameters.batch_limit);
  items_.assign(std::move_iterator(queue_.begin()),
                std::move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(size)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(size));
  attempt();
}

void Catalog::attempt() {
  phase_ = Phase::locking;
  holders_ = database().lease_holders();  // with its rule on, read again under the lock
  world().database.lock.acquire(node(), [this, life = life()] {
    if (life != this->life()) return;
    phase_ = Phase::applying;
    // The lock is granted also to one that is suspended; it goes on when it runs again.
    after_true(microseconds(10), [this] { apply(); });
  });
}

void Catalog::apply() {
  for (const Retire& dead : deaths_) round_->died(catalog::Role::frontend, dead.name, dead.incarnation);
  deaths_.clear();
  visible_ = false;
  batch_.emplace(database(), world().rules, world().parameters.lease, world().database.orders);
  for (Item& item : items_) item.answer = batch_->apply(item.request);
  for (Item& item : items_) {
    if (item.answer.grant) item.answer.grant->revision = batch_->revision();
  }
  if (world().rules.members_read_under_lock) holders_ = database().lease_holders();
  std::erase_if(holders_, [&](const LeaseHolder& holder) {
    return !world().rules.wait_for_those_found_revoked && holder.member.state == MemberState::revoked;
  });
  perform(round_->begin(holders_, !batch_->changed().empty(), clock()));
}

void Catalog::perform(const WriteRound::Action& action) {
  if (const auto* asked = std::get_if<WriteRound::Ask>(&action)) return ask(*asked);
  if (const auto* committed = std::get_if<WriteRound::Commit>(&action)) return commit(*committed);
  if (const auto* revoked = std::get_if<WriteRound::Revoke>(&action)) return revoke(*revoked);
  ++world().statistics.waits_for_those_found_revoked;
  release_lock();
  wait(std::get<WriteRound::Wait>(action).until);
}

void Catalog::ask(const WriteRound::Ask& ask) {
  phase_ = Phase::asking;
  if (!world().rules.refresh_after_commit) refresh();
  if (!world().rules.invalidate_before_commit) make_visible();
  catalog::Invalidation invalidation{
      .epoch = database().epoch, .incarnation = {}, .revision = batch_->revision(), .books = {}};
  for (const Book book : batch_->changed()) invalidation.books.push_back(id_of(book));
  asked_ = ask.members.size();
  silent_.clear();
  for (const Member& member : ask.members) {
    invalidation.incarnation = member.incarnation;
    ask_one(invalidation, member);
  }
}

void Catalog::ask_one(const catalog::Invalidation& invalidation, const Member& member) {
  // An address may have passed to another process of that name while the former one still runs.
  std::vector<Frontend*> addressed;
  for (const auto& frontend : world().frontends) {
    if (frontend->name_in_catalog() == member.name) addressed.push_back(frontend.get());
  }
  const auto own = std::ranges::find_if(
      addressed, [&](const Frontend* each) { return std::to_string(each->node()) == member.url; });
  Frontend& to = world().random.chance(0.5) ? **own : *addressed[world().random.below(addressed.size())];
  call<bool>(
      to,
      [&] {
        return fmt::format("invalidate for {} at revision {}", member.incarnation, invalidation.revision);
      },
      world().parameters.ask_patience,
      [&to, invalidation](const Respond<bool>& respond) { to.invalidate(invalidation, respond); },
      [this, member](std::optional<bool> approved) {
        if (!approved.value_or(false)) silent_.push_back(member);
        if (--asked_ == 0) answered_all();
      });
}

void Catalog::answered_all() {
  BAZAR_ASSERT(phase_ == Phase::asking, "answers belong to the batch that asked");
  if (visible_) return finish();
  perform(round_->answered(silent_));
}

void Catalog::commit(const WriteRound::Commit& commit) {
  batch_->set_gone(commit.gone);
  phase_ = Phase::committing;
  if (!world().rules.answer_after_commit) answer_all();
  after_true(draw_commit_time(), [this] {
    make_visible();
    finish();
  });
}

void Catalog::make_visible() {
  batch_->commit_to(database());
  visible_ = true;
  auto& statistics = world().statistics;
  statistics.commits += batch_->changed().empty() ? 0 : 1;
  statistics.commits_of_several += batch_->effects().size() > 1 ? 1 : 0;
  statistics.commits_asking_nobody += !batch_->changed().empty() && asked_ == 0 && holders_.empty() ? 1 : 0;
  statistics.replays += batch_->replays();
  statistics.registrations_replacing += static_cast<std::int64_t>(batch_->replaced().size());
  for (Item& item : items_) item.answer.granted_at = world().now();
  world().note([&] {
    return fmt::format("{} commits revision {} of {}", name(), batch_->revision(), database().epoch);
  });
  world().checker.committed(*batch_);
}

void Catalog::finish() {
  round_->committed(batch_->replaced(), clock());
  release_lock();
  answer_all();
  if (world().rules.refresh_after_commit) refresh();
  items_.clear();
  phase_ = Phase::idle;
  work();
}

void Catalog::answer_all() {
  for (Item& item : items_) {
    if (item.respond) item.respond(item.answer);
    item.respond = nullptr;
  }
}

void Catalog::revoke(const WriteRound::Revoke& revoke) {
  phase_ = Phase::revoking;
  auto& statistics = world().statistics;
  statistics.revocations += static_cast<std::int64_t>(revoke.members.size());
  statistics.aborted_after_approval += revoke.members.size() < holders_.size() ? 1 : 0;
  const SteadyTime decided = clock();
  after_true(draw_commit_time(), [this, revoke, decided] {
    for (const Member& member : revoke.members) {
      if (const MemberRow* known = database().find_member(member.name, member.incarnation)) {
        MemberRow row = *known;
        row.state = MemberState::revoked;
        database().raise(row);
      }
      world().checker.revoked(member.incarnation);
      world().note([&] { return fmt::format("{} has revoked {}", name(), member.incarnation); });
    }
    release_lock();
    const bool late = !world().rules.wait_counts_from_revocation_committed;
    const SteadyTime until = round_->revoked(late ? decided : clock()).until;
    ++world().statistics.waits_after_revoking;
    if (world().rules.wait_after_revoking) return wait(until);
    for (const Member& member : revoke.members) deaths_.push_back({member.name, member.incarnation});
    wait(clock());
  });
}

void Catalog::wait(SteadyTime until) {
  phase_ = Phase::waiting;
  wait_until_ = until;
  keep_waiting();
}

void Catalog::keep_waiting() {
  if (phase_ != Phase::waiting) return;
  if (!deaths_.empty() || clock() >= wait_until_) return attempt();
  const auto rest = std::chrono::ceil<microseconds>(wait_until_ - clock());
  after(std::min<microseconds>(rest, world().parameters.reread_interval), [this] {
    const SteadyTime end = round_->wait_end(database().lease_holders(), clock());
    if (end < wait_until_ && clock() < wait_until_) ++world().statistics.waits_cut_short;
    wait_until_ = std::min(wait_until_, end);
    keep_waiting();
  });
}

// Nobody waits for it, and it may be lost.
void Catalog::refresh() {
  if (!world().parameters.refreshes || batch_->changed().empty()) return;
  for (const auto& frontend : world().frontends) {
    Frontend& to = *frontend;
    for (const Book book : batch_->changed()) {
      Entry entry{batch_->books()[static_cast<std::size_t>(book)], batch_->revision(), database().epoch};
      world().network.send(
          *this, to, [&] { return fmt::format("refresh of book {} as of {}", book, entry.as_of); },
          [&to, book, entry] { to.refresh(book, entry); });
    }
  }
}

void Catalog::read(const std::vector<Book>& books, const Respond<Snapshot>& respond) {
  const State& state = database();
  Snapshot snapshot{.values = {}, .as_of = state.revision, .epoch = state.epoch};
  for (const Book book : books) snapshot.values.push_back(state.books[static_cast<std::size_t>(book)]);
  if (world().rules.as_of_is_of_same_snapshot) return respond(std::move(snapshot));
  after_true(world().random.around(world().parameters.delay), [this, snapshot, respond] {
    Snapshot later = snapshot;
    if (later.epoch == database().epoch) later.as_of = database().revision;
    respond(std::move(later));
  });
}

const State& Catalog::snapshot_for_renewal() {
  if (world().rules.renewal_reads_fresh_snapshot) return database();
  if (!old_snapshot_ || world().now() - old_snapshot_at_ > world().parameters.lease) {
    old_snapshot_ = database();
    old_snapshot_at_ = world().now();
  }
  return *old_snapshot_;
}

void Catalog::renew(const std::string& name, const std::string& incarnation,
                    const Respond<Renewal>& respond) {
  const State& state = snapshot_for_renewal();
  const MemberRow* row = state.find_member(name, incarnation);
  const bool live = row && (row->state == MemberState::live ||
                            (!world().rules.renewal_needs_live && row->state == MemberState::revoked));
  Renewal renewal{.grant = {}, .read_at = world().now()};
  if (live) {
    renewal.grant = catalog::Grant{state.epoch, state.revision, row->lease.count()};
  }
  respond(std::move(renewal));
}

void Catalog::retire(const std::string& name, const std::string& incarnation, Respond<WriteAnswer> respond) {
  deaths_.push_back({name, incarnation});
  submit(Retire{name, incarnation}, std::move(respond));
  keep_waiting();
}

void Catalog::member_of_process(const std::string& name, int process,
                                const Respond<std::optional<std::string>>& respond) {
  const MemberRow* row = database().current_member(name);
  if (row && row->process == process) return respond(row->incarnation);
  respond(std::nullopt);
}

}  // namespace bazar::simulation
