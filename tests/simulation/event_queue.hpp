#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "time.hpp"

namespace bazar::simulation {

using Action = std::function<void()>;

/// What is going to happen, in order of time; at the same time, in the order in which it was scheduled.
class EventQueue {
 public:
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] bool empty() const { return events_.empty(); }
  [[nodiscard]] std::size_t size() const { return events_.size(); }

  void at(Instant time, Action action) {
    events_.push_back({std::max(time, now_), ++scheduled_, std::move(action)});
    std::ranges::push_heap(events_, later);
  }
  void after(microseconds delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Requires that something is scheduled.
  void run_next() {
    std::ranges::pop_heap(events_, later);
    Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.time;
    event.action();
  }

 private:
  struct Event {
    Instant time;
    std::uint64_t order = 0;
    Action action;
  };
  static bool later(const Event& a, const Event& b) {
    return std::pair(a.time, a.order) > std::pair(b.time, b.order);
  }

  Instant now_{};
  std::uint64_t scheduled_ = 0;
  std::vector<Event> events_;
};

}  // namespace bazar::simulation
