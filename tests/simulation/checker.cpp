#include "checker.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "audit/linearizability.hpp"
#include "frontend.hpp"
#include "world.hpp"

namespace bazar::simulation {

using audit::OperationKind;
using audit::Outcome;

namespace {

double ms(Instant instant) { return static_cast<double>(instant.time_since_epoch().count()) / 1'000; }

}  // namespace

std::string describe(const BookValue& value) {
  return fmt::format("price {}, stock {}, version {}", value.price, value.quantity, value.version);
}

std::string describe(const Operation& operation) {
  std::string text = fmt::format("operation {} of client {}: ", operation.id, operation.client);
  switch (operation.kind) {
    case OperationKind::read:
      text += fmt::format("read book {}", operation.lines.front().book);
      break;
    case OperationKind::set_price:
      text += fmt::format("set the price of book {} to {}", operation.lines.front().book, operation.price);
      break;
    case OperationKind::add_stock:
      text += fmt::format("add {} to book {}", operation.lines.front().count, operation.lines.front().book);
      break;
    case OperationKind::buy:
      text += "buy";
      for (const Line& line : operation.lines) text += fmt::format(" {} of book {}", line.count, line.book);
      break;
  }
  return text;
}

void Checker::fail(std::string what) {
  if (failed()) return;
  world_.note([&] { return "VIOLATION: " + what; });
  failure_ = fmt::format("at {:.3f} ms: {}", ms(world_.now()), what);
}

void Checker::fail_liveness(std::string what) {
  if (checks_.liveness) fail(std::move(what));
}

void Checker::epoch_began(const State& state) {
  Epoch& epoch = epochs_[state.epoch];
  for (const BookValue& value : state.books) epoch.books.push_back({{world_.now(), value}});
  for (const auto& [key, answer] : state.keys)
    epoch.inherited.emplace(key / keys_per_operation, answer.outcome);
  epoch.decisions = epoch.inherited;
  revoked_at_.clear();
}

void Checker::committed(const Batch& batch) {
  const State& state = world_.database.state;
  Epoch& epoch = epochs_.at(state.epoch);
  for (const Effect& effect : batch.effects()) decide(epoch, effect);
  for (const Book book : batch.changed()) {
    const auto place = static_cast<std::size_t>(book);
    const BookValue& value = state.books[place];
    auto& commits = epoch.books[place];
    if (value.quantity < 0) fail(fmt::format("the stock of book {} is {}", book, value.quantity));
    if (checks_.invariants && value.version <= commits.back().value.version) {
      fail(fmt::format("book {} went from version {} to {}", book, commits.back().value.version,
                       value.version));
    }
    commits.push_back({world_.now(), value});
  }
  for (const catalog::LeaseHolder& holder : batch.replaced()) revoked(holder.member.incarnation);
  if (checks_.invariants) check_nobody_could_serve_older(batch);
}

void Checker::decide(Epoch& epoch, const Effect& effect) {
  const auto [known, first] = epoch.decisions.emplace(effect.operation, effect.outcome);
  if (first) return;
  if (effect.outcome == Outcome::done) {
    fail(fmt::format("operation {} has taken effect {}", effect.operation,
                     known->second == Outcome::done ? "twice" : "after it had been refused"));
  }
}

void Checker::check_nobody_could_serve_older(const Batch& batch) {
  const State& state = world_.database.state;
  for (const auto& frontend : world_.frontends) {
    if (!frontend->alive()) continue;
    for (const Book book : batch.changed()) {
      const Entry older{.value = {}, .as_of = batch.revision() - 1, .epoch = state.epoch};
      if (!frontend->protocol().may_serve(book, older, frontend->clock())) continue;
      fail(fmt::format(
          "revision {} of book {} is committed while {} ({}) has a lease and may serve older ones",
          batch.revision(), book, frontend->name(), frontend->protocol().incarnation()));
    }
  }
}

void Checker::revoked(const std::string& incarnation) { revoked_at_.try_emplace(incarnation, world_.now()); }

void Checker::lease_accepted(const std::string& incarnation, Instant granted_at) {
  if (!checks_.invariants) return;
  const auto revoked = revoked_at_.find(incarnation);
  if (revoked == revoked_at_.end() || granted_at <= revoked->second) return;
  fail(fmt::format("{} has a lease that was granted at {:.3f} ms, after its revocation at {:.3f} ms",
                   incarnation, ms(granted_at), ms(revoked->second)));
}

void Checker::floors_changed(const Frontend& frontend) {
  if (!checks_.invariants) return;
  const RuledProtocol& protocol = frontend.protocol();
  Floors now{protocol.incarnation(), protocol.epoch(), {}};
  for (Book book = 0; book < world_.parameters.books; ++book) {
    const Revision floor = protocol.real().floor(id_of(book));
    now.floors.push_back(floor == frontend::FrontendProtocol::unreachable ? 0 : floor);
  }
  Floors& before = floors_[frontend.node()];
  if (before.incarnation == now.incarnation && before.epoch == now.epoch) {
    for (std::size_t book = 0; book < now.floors.size(); ++book) {
      if (now.floors[book] >= before.floors[book]) continue;
      fail(fmt::format("the floor of book {} in {} fell from {} to {}", book, frontend.name(),
                       before.floors[book], now.floors[book]));
    }
  }
  before = std::move(now);
}

void Checker::hit(const Frontend& frontend, Book book, const Entry& entry) {
  if (!checks_.invariants) return;
  const auto& protocol = frontend.protocol().real();
  if (!protocol.may_serve(id_of(book), entry.epoch, entry.as_of, frontend.clock())) {
    fail(fmt::format("{} served a hit of book {} without epoch, floor or lease", frontend.name(), book));
  }
}

void Checker::answered(Operation operation) {
  if (operation.outcome != Outcome::unknown) operation.answered = world_.now();
  world_.note([&] {
    const char* how = operation.outcome == Outcome::done      ? "done"
                      : operation.outcome == Outcome::refused ? "refused"
                                                              : "outcome unknown";
    return fmt::format("{}: {} ({}; epoch {})", describe(operation), how, describe(operation.seen),
                       operation.epoch);
  });
  if (operation.kind == OperationKind::read) {
    if (operation.outcome != Outcome::done) return;
    check_read(operation);
  }
  operations_.push_back(std::move(operation));
}

/// The value was the committed one at some instant between invocation and answer.
void Checker::check_read(const Operation& read) {
  const auto epoch = epochs_.find(read.epoch);
  const Book book = read.lines.front().book;
  if (epoch == epochs_.end()) return fail("a read is of an epoch that never was: " + read.epoch);
  const auto& commits = epoch->second.books[static_cast<std::size_t>(book)];
  for (std::size_t i = 0; i < commits.size(); ++i) {
    const Instant end = i + 1 < commits.size() ? commits[i + 1].at : Instant::max();
    if (commits[i].value == read.seen && commits[i].at <= read.answered && end >= read.invoked) return;
  }
  fail(
      fmt::format("{} from {:.3f} to {:.3f} ms found {}, which was at no instant between the committed state "
                  "of epoch {}; the last one is {}",
                  describe(read), ms(read.invoked), ms(read.answered), describe(read.seen), read.epoch,
                  describe(commits.back().value)));
}

void Checker::check_histories() {
  for (const auto& [name, epoch] : epochs_) {
    if (!failed()) check_epoch(name, epoch);
  }
  operations_.clear();
  const std::string& present = world_.database.state.epoch;
  for (auto& [name, epoch] : epochs_) {
    for (auto& commits : epoch.books) commits.erase(commits.begin(), commits.end() - 1);
    epoch.decisions.clear();
    epoch.inherited.clear();
  }
  std::erase_if(epochs_, [&](const auto& each) { return each.first != present; });
}

void Checker::check_epoch(const std::string& name, const Epoch& epoch) {
  for (Book book = 0; book < world_.parameters.books; ++book) check_book(name, epoch, book);
}

void Checker::check_book(const std::string& name, const Epoch& epoch, Book book) {
  std::vector<audit::Operation> history;
  std::vector<const Operation*> sources;
  for (const Operation& operation : operations_) {
    if (const auto entry = to_audit(operation, name, epoch, book)) {
      history.push_back(*entry);
      sources.push_back(&operation);
    }
  }
  const BookValue& first = epoch.books[static_cast<std::size_t>(book)].front().value;
  const auto result = audit::check_linearizability(history, {Money{first.price}, first.quantity});
  ++world_.statistics.histories_checked;
  if (result.undecided) ++world_.statistics.histories_undecided;
  if (!result.violation) return;
  fail(fmt::format("the history of book {} in epoch {} is not linearizable: {} ({})", book, name,
                   describe(*sources[result.violation->operation]), result.violation->explanation));
}

/// Empty where the operation has no part in this book's history in this epoch. Each epoch is a history of its
/// own: nothing is promised across a restore. An operation without an answer takes part where it took effect.
/// To leave the others out only makes the check stricter.
std::optional<audit::Operation> Checker::to_audit(const Operation& operation, const std::string& name,
                                                  const Epoch& epoch, Book book) const {
  const auto line = std::ranges::find(operation.lines, book, &Line::book);
  if (line == operation.lines.end()) return std::nullopt;
  const auto place = static_cast<std::size_t>(line - operation.lines.begin());
  if (epoch.inherited.contains(operation.id)) return std::nullopt;
  audit::Operation entry{.kind = operation.kind,
                         .client = static_cast<std::uint32_t>(operation.client),
                         .invoked = to_history(operation.invoked),
                         .count = line->count,
                         .seen = {Money{operation.price}, 0}};
  if (operation.outcome == Outcome::unknown || operation.epoch != name) {
    const auto decision = epoch.decisions.find(operation.id);
    if (decision == epoch.decisions.end() || decision->second != Outcome::done) return std::nullopt;
    return entry;
  }
  // Which of several lines was short is not told.
  if (operation.outcome == Outcome::refused && operation.lines.size() > 1) return std::nullopt;
  entry.outcome = operation.outcome;
  entry.answered = to_history(operation.answered);
  entry.version = operation.version;
  if (operation.kind == OperationKind::read) {
    entry.seen = {Money{operation.seen.price}, operation.seen.quantity};
  }
  if (operation.kind == OperationKind::buy && operation.outcome == Outcome::done) {
    entry.seen.price = Money{operation.prices[place]};
  }
  return entry;
}

}  // namespace bazar::simulation
