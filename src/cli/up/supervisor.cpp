#include "cli/up/supervisor.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace bazar::cli {

Supervisor::Supervisor(std::size_t children, SupervisorOptions options, SteadyTime now)
    : options_(options), children_(children), last_due_(now) {
  for (auto& child : children_) child.start_at = now;
}

void Supervisor::started(std::size_t index, SteadyTime now) {
  auto& child = children_[index];
  BAZAR_ASSERT(child.phase == Phase::starting, "a child is started when the supervisor says so");
  child.phase = Phase::running;
  child.started_at = child.heard_at = now;
  child.answered = child.killed = false;
}

void Supervisor::answered(std::size_t index, SteadyTime now) {
  auto& child = children_[index];
  if (child.phase != Phase::running) return;
  child.heard_at = now;
  child.answered = true;
  child.early_exits = 0;
}

void Supervisor::exited(std::size_t index, SteadyTime now) {
  auto& child = children_[index];
  BAZAR_ASSERT(child.phase == Phase::running, "only a running child exits");
  const auto ran = now - child.started_at;
  if (ran >= options_.steady_after) child.restarts = 0;
  const bool early = !child.answered && ran < options_.early;
  child.early_exits = early ? child.early_exits + 1 : 0;

  auto delay = options_.restart_base;
  for (unsigned i = 0; i < child.restarts && delay < options_.restart_cap; ++i) delay *= 2;
  ++child.restarts;
  child.start_at = now + std::min(delay, options_.restart_cap);
  child.phase = Phase::waiting;
}

SteadyTime Supervisor::frozen_at(const Child& child) const {
  return child.heard_at + (child.answered ? options_.frozen_after : options_.start_patience);
}

// After Ctrl-Z, or a debugger's stop, no answers were heard because nobody listened: that is no child's
// fault.
void Supervisor::forgive_own_pause(SteadyTime now) {
  if (now - last_due_ > options_.own_pause) {
    for (auto& child : children_) child.heard_at = std::max(child.heard_at, now);
  }
  last_due_ = now;
}

std::vector<Supervisor::Action> Supervisor::due(SteadyTime now) {
  forgive_own_pause(now);
  std::vector<Action> actions;
  if (stopping_) return actions;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    auto& child = children_[i];
    if (starting_up_ && child.early_exits >= options_.early_exits_to_give_up &&
        child.phase == Phase::waiting) {
      child.phase = Phase::given_up;
      stopping_ = true;
      return {{Verb::give_up, i}};
    }
    if (child.phase == Phase::waiting && now >= child.start_at) {
      child.phase = Phase::starting;
      actions.push_back({Verb::start, i});
    } else if (child.phase == Phase::running && !child.killed && now >= frozen_at(child)) {
      child.killed = true;
      actions.push_back({Verb::kill, i});
    }
  }
  return actions;
}

std::optional<SteadyTime> Supervisor::next_due() const {
  std::optional<SteadyTime> next;
  if (stopping_) return next;
  for (const auto& child : children_) {
    std::optional<SteadyTime> at;
    if (child.phase == Phase::waiting) at = child.start_at;
    if (child.phase == Phase::running && !child.killed) at = frozen_at(child);
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

}  // namespace bazar::cli
