#include "audit/timeline.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace bazar::audit::detail {
namespace {

std::int64_t change_of(const Operation& operation) {
  if (!is_write(operation)) return 0;
  if (operation.kind == OperationKind::add_stock) return operation.count;
  return operation.kind == OperationKind::buy ? -operation.count : 0;
}

bool witnesses_price(const Operation& operation) {
  return operation.outcome == Outcome::done &&
         (operation.kind == OperationKind::read || operation.kind == OperationKind::buy);
}

}  // namespace

bool is_write(const Operation& operation) {
  return operation.kind != OperationKind::read && operation.outcome != Outcome::refused;
}

bool is_observation(const Operation& operation) {
  if (operation.kind == OperationKind::read) return operation.outcome == Outcome::done;
  return operation.outcome == Outcome::refused && operation.kind != OperationKind::set_price;
}

bool is_evidence(const Operation& operation) { return is_write(operation) || is_observation(operation); }

Timeline::Timeline(std::span<const Operation> history) : answered_(history.size(), never) {
  struct Timed {
    SteadyTime at;
    Event event;
  };
  std::vector<Timed> timed;
  for (OperationIndex i = 0; i < history.size(); ++i) {
    const Operation& operation = history[i];
    if (!is_evidence(operation)) continue;
    timed.push_back({operation.invoked, {.operation = i, .answer = false}});
    if (operation.outcome == Outcome::unknown) continue;
    BAZAR_ASSERT(operation.answered >= operation.invoked, "an answer comes after its question");
    timed.push_back({operation.answered, {.operation = i, .answer = true}});
  }
  std::ranges::sort(timed, [](const Timed& a, const Timed& b) {
    return std::tuple(a.at, a.event.answer, a.event.operation) <
           std::tuple(b.at, b.event.answer, b.event.operation);
  });
  events_.reserve(timed.size());
  for (const Timed& each : timed) events_.push_back(each.event);
  sum_up(history);
}

void Timeline::sum_up(std::span<const Operation> history) {
  added_before_.push_back(0);
  taken_before_.push_back(0);
  for (Position at = 0; at < events_.size(); ++at) {
    const Operation& operation = history[events_[at].operation];
    std::int64_t change = 0;
    if (events_[at].answer) {
      answered_[events_[at].operation] = at;
      if (witnesses_price(operation)) price_last_seen_[operation.seen.price] = at;
    } else {
      change = change_of(operation);
      if (is_write(operation) && operation.kind == OperationKind::set_price)
        price_set_[operation.seen.price].push_back(at);
    }
    added_before_.push_back(added_before_.back() + std::max<std::int64_t>(change, 0));
    taken_before_.push_back(taken_before_.back() + std::max<std::int64_t>(-change, 0));
  }
}

bool Timeline::may_set_price(Money price, Position now, Position until) const {
  const auto found = price_set_.find(price);
  if (found == price_set_.end()) return false;
  const auto next = std::ranges::upper_bound(found->second, now);
  return next != found->second.end() && *next <= until;
}

std::int64_t Timeline::may_add(Position now, Position until) const {
  return added_before_.at(until + 1) - added_before_.at(now + 1);
}

std::int64_t Timeline::may_take(Position now, Position until) const {
  return taken_before_.at(until + 1) - taken_before_.at(now + 1);
}

bool Timeline::is_seen_again(Money price, Position now) const {
  const auto found = price_last_seen_.find(price);
  return found != price_last_seen_.end() && found->second >= now;
}

}  // namespace bazar::audit::detail
