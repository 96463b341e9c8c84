#include "load/closed_loop.hpp"

#include <cmath>

namespace bazar::load {

ClosedLoopDispatcher::ClosedLoopDispatcher(std::size_t connections, nanoseconds think_time, Instant end,
                                           std::uint64_t seed)
    : think_ns_(static_cast<double>(think_time.count())),
      end_(end),
      random_(seed),
      ready_(connections),
      due_(connections),
      lives_(connections) {}

void ClosedLoopDispatcher::free(Index connection, Instant now) {
  if (think_ns_ == 0) {
    due_[connection] = now;
    ready_.push(connection);
    return;
  }
  const double thought = -std::log1p(-draw_unit(random_)) * think_ns_;
  thinking_.push({now + nanoseconds(static_cast<std::int64_t>(thought)), connection, lives_[connection]});
}

void ClosedLoopDispatcher::gone(Index connection) {
  ready_.remove(connection);
  ++lives_[connection];
}

std::optional<Turn> ClosedLoopDispatcher::next(Instant now) {
  if (now >= end_) return std::nullopt;
  while (!thinking_.empty() && thinking_.top().until <= now) {
    const Thought thought = thinking_.top();
    thinking_.pop();
    if (thought.life != lives_[thought.connection]) continue;
    due_[thought.connection] = thought.until;
    ready_.push(thought.connection);
  }
  const auto connection = ready_.pop();
  if (!connection) return std::nullopt;
  return Turn{.connection = *connection, .due = due_[*connection]};
}

std::optional<Instant> ClosedLoopDispatcher::wakes_at() const {
  if (thinking_.empty() || thinking_.top().until >= end_) return std::nullopt;
  return thinking_.top().until;
}

}  // namespace bazar::load
