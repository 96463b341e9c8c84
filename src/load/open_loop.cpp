#include "load/open_loop.hpp"

namespace bazar::load {

OpenLoopDispatcher::OpenLoopDispatcher(std::size_t connections, Arrivals arrivals, std::size_t max_backlog,
                                       nanoseconds patience, Instant end)
    : arrivals_(arrivals),
      patience_(patience),
      end_(end),
      next_due_(arrivals_.next()),
      free_(connections),
      waiting_(max_backlog) {}

void OpenLoopDispatcher::free(Index connection, Instant /*now*/) { free_.push(connection); }

std::optional<Turn> OpenLoopDispatcher::next(Instant now) {
  if (auto turn = first_waiting(now)) return turn;
  while (next_due_ <= now && next_due_ < end_) {
    const Instant due = next_due_;
    next_due_ = arrivals_.next();
    if (const auto connection = free_.pop()) return Turn{.connection = *connection, .due = due};
    if (waiting_.full()) return Turn{.fate = Turn::Fate::dropped, .due = due};
    waiting_.push_back(due);
  }
  return std::nullopt;
}

std::optional<Turn> OpenLoopDispatcher::first_waiting(Instant now) {
  if (waiting_.empty()) return std::nullopt;
  Turn turn{.due = waiting_.front(), .waited = true};
  if (turn.due + patience_ <= now) {
    turn.fate = Turn::Fate::expired;
  } else if (const auto connection = free_.pop()) {
    turn.connection = *connection;
  } else {
    return std::nullopt;
  }
  waiting_.pop_front();
  return turn;
}

std::optional<Instant> OpenLoopDispatcher::wakes_at() const {
  std::optional<Instant> wake;
  if (!waiting_.empty()) wake = waiting_.front() + patience_;
  if (next_due_ < end_ && (!wake || next_due_ < *wake)) wake = next_due_;
  return wake;
}

}  // namespace bazar::load
