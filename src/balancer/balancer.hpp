#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace bazar::balancer {

struct Replica {
  std::string name;  ///< catalog-2
  std::string url;   ///< http://127.0.0.1:8102
  friend bool operator==(const Replica&, const Replica&) = default;
};

/// Which of the replicas with equally few requests under way is next.
enum class Among : std::uint8_t {
  in_turn,  ///< load is spread
  first,    ///< by name, everybody the same one: whose caches it keeps warm, and whose batches it fills
};

struct BalancerOptions {
  Among equals = Among::in_turn;
  unsigned failures_to_eject = 2;   ///< consecutive
  milliseconds ejection_base{500};  ///< first ejection; doubles with each that follows, up to the cap
  milliseconds ejection_cap{
      2'000};  ///< also the longest that a replica which is well again waits for a probe
  /// Envoy's panic threshold: with a smaller share of healthy replicas than this, all are tried.
  double panic_below = 0.01;
};

/// Fewest requests under way, over healthy replicas, with passive ejection, active probes and recovery. A
/// pure state machine: time comes in as an argument. Not thread-safe: one a loop.
///
/// An ejected replica comes back by an answer, not by time alone: a frozen one would cost a request its whole
/// patience each time. Only where nobody probes is it tried again, `ejection_cap` after its probe was due.
class Balancer {
 public:
  explicit Balancer(BalancerOptions options = {}) : options_(options) {}

  /// Replaces the set. A replica that stays (same name and url) keeps its state and its turn. Of several with
  /// one name the first counts.
  void set_replicas(std::vector<Replica> replicas);

  /// Of the replicas that are healthy and not in `tried` the one with the fewest requests under way; among
  /// equals as the options say. So one that is frozen holds up what it has got, and gets no more. Below the
  /// panic threshold also one that is ejected. Empty where all of these were tried or none is known.
  [[nodiscard]] std::optional<Replica> pick(SteadyTime now, const std::vector<std::string>& tried = {});

  /// A request to it begins, and ends, whatever came of it.
  void began(std::string_view name);
  void ended(std::string_view name);

  /// It answered a request: healthy, its past forgiven.
  void succeeded(std::string_view name);
  /// A failure of transport or a 5xx that says the replica is ill; refusals are successes. True if this
  /// ejected it.
  bool failed(std::string_view name, SteadyTime now);

  /// Ejected replicas whose time has come to be probed.
  [[nodiscard]] std::vector<Replica> due_for_probe(SteadyTime now) const;
  /// Back in turn on probation: one failure ejects it again, for longer than before.
  void probe_succeeded(std::string_view name);
  void probe_failed(std::string_view name, SteadyTime now);

  [[nodiscard]] std::vector<Replica> replicas() const;
  [[nodiscard]] std::size_t size() const { return states_.size(); }
  [[nodiscard]] std::size_t healthy(SteadyTime now) const;

 private:
  struct State {
    Replica replica;
    std::size_t under_way = 0;
    unsigned failures = 0;
    unsigned ejections = 0;                   ///< since it last answered a request
    std::optional<SteadyTime> ejected_until;  ///< when a probe is due
  };
  State* find(std::string_view name);
  [[nodiscard]] bool is_better(const State& state, const State& best) const;
  [[nodiscard]] bool is_healthy(const State& state, SteadyTime now) const;
  void eject(State& state, SteadyTime now) const;

  BalancerOptions options_;
  std::vector<State> states_;
  std::size_t next_ = 0;
};

}  // namespace bazar::balancer
