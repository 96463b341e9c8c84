#pragma once

#include <map>
#include <span>
#include <vector>

#include "audit/configuration.hpp"

namespace bazar::audit::detail {

/// A place in the order of a history's events.
using Position = std::uint32_t;
inline constexpr Position never = std::numeric_limits<Position>::max();

struct Event {
  OperationIndex operation = 0;
  bool answer = false;
};

/// A history as a sequence of events: operations begin and are answered. Of what happens at one reading of
/// the clock, beginnings come first: the clock cannot tell, so the operations count as concurrent, and no
/// coarse clock makes an accusation.
///
/// It also tells what is still to come, so that a search can turn back early.
class Timeline {
 public:
  explicit Timeline(std::span<const Operation> history);

  [[nodiscard]] std::span<const Event> events() const { return events_; }
  /// When it is answered; `never` for an unknown outcome.
  [[nodiscard]] Position answered(OperationIndex operation) const { return answered_[operation]; }

  // Of operations that begin after `now` and no later than `until`.
  [[nodiscard]] bool may_set_price(Money price, Position now, Position until) const;
  [[nodiscard]] std::int64_t may_add(Position now, Position until) const;
  [[nodiscard]] std::int64_t may_take(Position now, Position until) const;

  /// Whether an answer at `now` or later bears witness of that price.
  [[nodiscard]] bool is_seen_again(Money price, Position now) const;

 private:
  void sum_up(std::span<const Operation> history);

  std::vector<Event> events_;
  std::vector<Position> answered_;
  std::map<Money, std::vector<Position>> price_set_;  ///< beginnings, ascending
  std::map<Money, Position> price_last_seen_;
  // Element p: all that begins at a position less than p.
  std::vector<std::int64_t> added_before_;
  std::vector<std::int64_t> taken_before_;
};

/// Says something about the book: an unknown read or a refused edit of the price does not.
[[nodiscard]] bool is_evidence(const Operation& operation);
/// A write that happened or may happen.
[[nodiscard]] bool is_write(const Operation& operation);
/// Changes nothing: a read, or a refusal.
[[nodiscard]] bool is_observation(const Operation& operation);

}  // namespace bazar::audit::detail
