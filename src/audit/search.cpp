#include "audit/search.hpp"

#include <algorithm>

namespace bazar::audit::detail {
namespace {

bool are_interchangeable(const Operation& a, const Operation& b) {
  return a.kind == b.kind && a.outcome == b.outcome && a.count == b.count && a.version == b.version &&
         (a.seen == b.seen || (a.outcome != Outcome::done && a.kind != OperationKind::set_price));
}

bool is_sure_buy(const Operation& operation) {
  return operation.kind == OperationKind::buy && operation.outcome == Outcome::done && !operation.version;
}

/// Of purchases only the price matters; of a changed stock not what was seen.
Operation without_irrelevant(Operation operation) {
  if (operation.kind == OperationKind::set_price || operation.kind == OperationKind::buy)
    operation.seen.quantity = 0;
  if (operation.kind == OperationKind::add_stock) operation.seen = {};
  if (operation.outcome == Outcome::unknown) operation.version.reset();
  return operation;
}

std::vector<Operation> relevant(std::span<const Operation> history) {
  std::vector<Operation> out;
  out.reserve(history.size());
  for (const Operation& operation : history) out.push_back(without_irrelevant(operation));
  return out;
}

}  // namespace

/// One answer that must be explained, and what has been tried for it.
struct Search::Demand {
  OperationIndex operation = 0;
  Configurations visited = {};
  std::vector<Configuration> to_visit = {};
  Configurations explained = {};
};

Search::Search(std::span<const Operation> history, const BookState& initial, std::size_t max_configurations)
    : history_(relevant(history)), timeline_(history_), max_configurations_(max_configurations) {
  configurations_.insert({.price = initial.price, .quantity = initial.quantity, .taken = {}});
}

Search::Step Search::advance() {
  const Event event = timeline_.events()[now_];
  Step step = Step::fine;
  if (event.answer) {
    step = answer(event.operation);
  } else {
    begin(event.operation);
  }
  ++now_;
  return step;
}

void Search::begin(OperationIndex operation) {
  const Operation& begun = history_[operation];
  if (!matters(begun)) return;
  const auto due_later = [this](OperationIndex a, OperationIndex b) {
    return std::pair(timeline_.answered(a), a) < std::pair(timeline_.answered(b), b);
  };
  const auto kind = std::ranges::find_if(
      under_way_, [&](const auto& each) { return are_interchangeable(history_[each.first], begun); });
  if (kind == under_way_.end()) {
    under_way_.push_back({.first = operation, .members = {operation}});
  } else {
    kind->members.insert(std::ranges::upper_bound(kind->members, operation, due_later), operation);
  }
  if (!is_observation(begun)) return;
  Configurations next;
  for (Configuration configuration : configurations_) {
    take_what_shows(configuration);
    next.insert(std::move(configuration));
  }
  configurations_ = std::move(next);
}

Search::Step Search::answer(OperationIndex operation) {
  Demand demand{.operation = operation};
  for (const Configuration& configuration : configurations_) {
    if (configuration.has_taken(operation)) {
      Configuration explained = configuration;
      explained.forget(operation);
      demand.explained.insert(std::move(explained));
    } else if (demand.visited.insert(configuration).second) {
      demand.to_visit.push_back(configuration);
    }
  }
  while (!demand.to_visit.empty()) {
    Configuration from = std::move(demand.to_visit.back());
    demand.to_visit.pop_back();
    explore(demand, std::move(from));
    if (demand.visited.size() + demand.explained.size() > max_configurations_) return Step::too_many;
  }
  if (demand.explained.empty()) return Step::impossible;
  configurations_ = std::move(demand.explained);
  end(operation);
  retire_unknown();
  return Step::fine;
}

void Search::end(OperationIndex operation) {
  for (auto kind = under_way_.begin(); kind != under_way_.end(); ++kind) {
    if (std::erase(kind->members, operation) == 0) continue;
    if (kind->members.empty()) {
      under_way_.erase(kind);
    } else {
      kind->first = kind->members.front();
    }
    return;
  }
}

// What took effect in every configuration need not be carried along. (An unknown operation has no answer that
// would end it.)
void Search::retire_unknown() {
  if (configurations_.size() != 1) return;
  Configuration only = *configurations_.begin();
  std::vector<OperationIndex> certain;
  for (const OperationIndex taken : only.taken) {
    if (timeline_.answered(taken) == never) certain.push_back(taken);
  }
  if (certain.empty()) return;
  for (const OperationIndex each : certain) {
    only.forget(each);
    end(each);
  }
  configurations_ = {std::move(only)};
}

// A price that may have been set, but that nobody sees from here on, explains nothing that its absence would
// not.
bool Search::matters(const Operation& operation) const {
  return operation.kind != OperationKind::set_price || operation.outcome != Outcome::unknown ||
         timeline_.is_seen_again(operation.seen.price, now_);
}

// Lets the demanded operation happen in `from` if it can, and finds what else could happen before it.
void Search::explore(Demand& demand, Configuration from) const {
  const Operation& wanted = history_[demand.operation];
  Configuration after = from;
  bool happened = false;
  if (is_observation(wanted)) {
    happened = observes(wanted, after);
    if (happened && wanted.kind == OperationKind::read) settle(wanted, after);
  } else {
    happened = apply_write(wanted, after);
  }
  if (happened) {
    after.take(demand.operation);
    take_what_shows(after);
    if (!is_hopeless(after)) {
      after.forget(demand.operation);
      demand.explained.insert(std::move(after));
    }
  }
  for (const Interchangeable& kind : under_way_) try_step(demand, from, kind);
}

void Search::try_step(Demand& demand, const Configuration& from, const Interchangeable& kind) const {
  const auto operation = next_of(kind, from);
  if (!operation || *operation == demand.operation) return;
  if (!is_purposeful(kind, from)) return;
  Configuration to = from;
  const Operation& step = history_[*operation];
  if (is_observation(step)) {
    if (step.kind != OperationKind::read || !observes(step, to)) return;
    settle(step, to);
    to.take(*operation);
  } else {
    if (!apply_write(step, to)) return;
    to.take(*operation);
  }
  take_what_shows(to);
  // The demanded one may have been taken along.
  if (to.has_taken(demand.operation)) {
    if (!is_hopeless(to)) {
      to.forget(demand.operation);
      demand.explained.insert(std::move(to));
    }
    return;
  }
  if (is_hopeless(to) || demand.visited.contains(to)) return;
  demand.visited.insert(to);
  demand.to_visit.push_back(std::move(to));
}

// Whether that step can make a difference to an operation that is not yet in effect.
bool Search::is_purposeful(const Interchangeable& kind, const Configuration& from) const {
  const Operation& step = history_[kind.first];
  if (!matters(step)) return false;
  if (step.kind != OperationKind::buy || is_observation(step) || step.version) return true;
  const bool sure = step.outcome == Outcome::done;
  if (!sure && has_sure_twin(step, from)) return false;
  return std::ranges::any_of(under_way_, [&](const Interchangeable& other) {
    const Operation& target = history_[other.first];
    const bool tells_them_apart =
        is_observation(target) || (sure && target.kind == OperationKind::set_price && matters(target));
    return tells_them_apart && next_of(other, from).has_value();
  });
}

// A purchase that is known to have happened, and could as well be the one that happens now.
bool Search::has_sure_twin(const Operation& unknown, const Configuration& from) const {
  return std::ranges::any_of(under_way_, [&](const Interchangeable& other) {
    const Operation& twin = history_[other.first];
    return is_sure_buy(twin) && twin.count == unknown.count && twin.seen.price == from.price &&
           next_of(other, from).has_value();
  });
}

std::optional<OperationIndex> Search::next_of(const Interchangeable& kind, const Configuration& in) const {
  for (const OperationIndex member : kind.members) {
    if (!in.has_taken(member)) return member;
  }
  return std::nullopt;
}

// A refusal that is true takes nothing from the future; nor does a read of a version that is known to be
// complete.
void Search::take_what_shows(Configuration& configuration) const {
  for (const Interchangeable& kind : under_way_) {
    const Operation& shown = history_[kind.first];
    if (!is_observation(shown) || !observes(shown, configuration)) continue;
    const bool says_nothing_new = shown.kind != OperationKind::read ||
                                  (configuration.settled && (configuration.exact || !shown.version));
    if (says_nothing_new) take_all(kind, configuration);
  }
}

void Search::take_all(const Interchangeable& kind, Configuration& configuration) const {
  for (const OperationIndex member : kind.members) {
    if (!configuration.has_taken(member)) configuration.take(member);
  }
}

bool Search::is_hopeless(const Configuration& configuration) const {
  return std::ranges::any_of(under_way_, [&](const Interchangeable& kind) {
    if (history_[kind.first].outcome == Outcome::unknown) return false;
    const auto next = next_of(kind, configuration);
    return next && !may_still_happen(history_[*next], timeline_.answered(*next), configuration);
  });
}

bool Search::may_still_happen(const Operation& operation, Position due, const Configuration& book) const {
  const bool later_version_needed =
      book.settled && (is_write(operation) || operation.seen != BookState{book.price, book.quantity});
  if (operation.version && *operation.version < book.least + (later_version_needed ? 1 : 0)) return false;

  const bool sees_price = operation.outcome == Outcome::done &&
                          (operation.kind == OperationKind::read || operation.kind == OperationKind::buy);
  if (sees_price && operation.seen.price != book.price && !price_may_come(operation.seen.price, due, book))
    return false;
  if (!is_observation(operation) || operation.kind == OperationKind::add_stock) return true;

  std::int64_t most = book.quantity + timeline_.may_add(now_, due);
  std::int64_t least = book.quantity - timeline_.may_take(now_, due);
  for (const Interchangeable& kind : under_way_) {
    const Operation& change = history_[kind.first];
    if (!is_write(change) || change.kind == OperationKind::set_price) continue;
    const auto left = std::ranges::count_if(kind.members, [&](auto each) { return !book.has_taken(each); });
    const std::int64_t sum = left * (change.kind == OperationKind::buy ? -change.count : change.count);
    (sum > 0 ? most : least) += sum;
  }
  if (operation.kind == OperationKind::buy) return least < operation.count;
  return operation.seen.quantity >= least && operation.seen.quantity <= most;
}

bool Search::price_may_come(Money price, Position due, const Configuration& book) const {
  if (timeline_.may_set_price(price, now_, due)) return true;
  return std::ranges::any_of(under_way_, [&](const Interchangeable& kind) {
    const Operation& change = history_[kind.first];
    return is_write(change) && change.kind == OperationKind::set_price && change.seen.price == price &&
           next_of(kind, book).has_value();
  });
}

std::vector<OperationIndex> Search::under_way() const {
  std::vector<OperationIndex> all;
  for (const Interchangeable& kind : under_way_)
    all.insert(all.end(), kind.members.begin(), kind.members.end());
  std::ranges::sort(all);
  return all;
}

}  // namespace bazar::audit::detail
