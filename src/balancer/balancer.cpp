#include "balancer/balancer.hpp"

#include <algorithm>

namespace bazar::balancer {

void Balancer::set_replicas(std::vector<Replica> replicas) {
  // In the order of their turns, so that the first that stays is the next in turn again.
  std::ranges::rotate(states_, states_.begin() + static_cast<std::ptrdiff_t>(next_));
  std::vector<State> states;
  for (Replica& replica : replicas) {
    const auto same_name = [&](const State& state) { return state.replica.name == replica.name; };
    if (std::ranges::any_of(states, same_name)) continue;
    const State* known = find(replica.name);
    if (known != nullptr && known->replica == replica) {
      states.push_back(*known);
    } else {
      states.emplace_back().replica = std::move(replica);
    }
  }
  next_ = 0;
  for (const State& old : states_) {
    const auto stayed = std::ranges::find(states, old.replica, &State::replica);
    if (stayed == states.end()) continue;
    next_ = static_cast<std::size_t>(stayed - states.begin());
    break;
  }
  states_ = std::move(states);
}

std::optional<Replica> Balancer::pick(SteadyTime now, const std::vector<std::string>& tried) {
  const bool panic =
      static_cast<double>(healthy(now)) < options_.panic_below * static_cast<double>(states_.size());
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::size_t index = (next_ + i) % states_.size();
    const State& state = states_[index];
    if (!panic && !is_healthy(state, now)) continue;
    if (std::ranges::find(tried, state.replica.name) != tried.end()) continue;
    if (!best || is_better(state, states_[*best])) best = index;
  }
  if (!best) return std::nullopt;
  next_ = (*best + 1) % states_.size();
  return states_[*best].replica;
}

// Asked in turn: of equals the one that came first stays the best.
bool Balancer::is_better(const State& state, const State& best) const {
  if (state.under_way != best.under_way) return state.under_way < best.under_way;
  return options_.equals == Among::first && state.replica.name < best.replica.name;
}

void Balancer::began(std::string_view name) {
  if (State* state = find(name)) ++state->under_way;
}

void Balancer::ended(std::string_view name) {
  // It may have begun with another replica of that name.
  State* state = find(name);
  if (state != nullptr && state->under_way > 0) --state->under_way;
}

void Balancer::succeeded(std::string_view name) {
  State* state = find(name);
  if (state == nullptr) return;
  state->failures = 0;
  state->ejections = 0;
  state->ejected_until.reset();
}

bool Balancer::failed(std::string_view name, SteadyTime now) {
  State* state = find(name);
  if (state == nullptr) return false;
  // Requests that were under way when it was ejected say nothing new.
  if (state->ejected_until && now < *state->ejected_until) return false;
  if (!state->ejected_until && ++state->failures < options_.failures_to_eject) return false;
  eject(*state, now);
  return true;
}

std::vector<Replica> Balancer::due_for_probe(SteadyTime now) const {
  std::vector<Replica> due;
  for (const State& state : states_) {
    if (state.ejected_until && *state.ejected_until <= now) due.push_back(state.replica);
  }
  return due;
}

void Balancer::probe_succeeded(std::string_view name) {
  State* state = find(name);
  if (state == nullptr || !state->ejected_until) return;
  state->ejected_until.reset();
  state->failures = std::max(options_.failures_to_eject, 1U) - 1;
}

void Balancer::probe_failed(std::string_view name, SteadyTime now) {
  State* state = find(name);
  if (state != nullptr && state->ejected_until) eject(*state, now);
}

std::vector<Replica> Balancer::replicas() const {
  std::vector<Replica> all;
  all.reserve(states_.size());
  for (const State& state : states_) all.push_back(state.replica);
  return all;
}

std::size_t Balancer::healthy(SteadyTime now) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(states_, [&](const State& state) { return is_healthy(state, now); }));
}

Balancer::State* Balancer::find(std::string_view name) {
  const auto found = std::ranges::find_if(states_, [&](const State& s) { return s.replica.name == name; });
  return found == states_.end() ? nullptr : &*found;
}

bool Balancer::is_healthy(const State& state, SteadyTime now) const {
  return !state.ejected_until || now >= *state.ejected_until + options_.ejection_cap;
}

void Balancer::eject(State& state, SteadyTime now) const {
  milliseconds length = options_.ejection_base;
  for (unsigned i = 0; i < state.ejections && length < options_.ejection_cap; ++i) length *= 2;
  state.ejected_until = now + std::min(length, options_.ejection_cap);
  ++state.ejections;
}

}  // namespace bazar::balancer
