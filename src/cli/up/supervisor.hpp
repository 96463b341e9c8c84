#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.hpp"

namespace bazar::cli {

struct SupervisorOptions {
  milliseconds restart_base{50};  ///< before the first restart; doubles with each that follows
  milliseconds restart_cap{1'000};
  milliseconds steady_after{10'000};  ///< having run this long, a child's restarts begin at the base again
  milliseconds frozen_after{5'000};   ///< without an answer: killed
  milliseconds start_patience{
      30'000};  ///< instead of `frozen_after` until the first answer (a migration takes its time)
  milliseconds early{1'000};  ///< an exit within this time, never having answered, counts as an early one
  unsigned early_exits_to_give_up = 5;  ///< in a row, while the store starts
  milliseconds own_pause{
      1'000};  ///< a gap between two calls of `due` that tells that the supervisor itself was stopped
};

/// Decides when children are started, started again, killed for being frozen, and given up. A pure state
/// machine: events and the time come in as arguments, actions go out; whoever owns it does them. Children are
/// numbered from 0.
class Supervisor {
 public:
  enum class Verb : std::uint8_t {
    start,    ///< the process; then call `started`
    kill,     ///< with SIGKILL; `exited` follows when it is reaped
    give_up,  ///< it cannot start; said once, and no child is started any more
  };
  struct Action {
    Verb verb;
    std::size_t child;
    friend bool operator==(const Action&, const Action&) = default;
  };

  Supervisor(std::size_t children, SupervisorOptions options, SteadyTime now);

  void started(std::size_t child, SteadyTime now);
  /// The child answered a probe.
  void answered(std::size_t child, SteadyTime now);
  void exited(std::size_t child, SteadyTime now);

  /// Every child has been ready once: from now on none is given up.
  void startup_done() { starting_up_ = false; }
  /// No child is started or killed from now on.
  void stop() { stopping_ = true; }

  /// What is to be done now. To be called at `next_due`, and at least twice in `own_pause`.
  [[nodiscard]] std::vector<Action> due(SteadyTime now);
  /// When `due` has something to say unless an event comes first; empty where nothing is pending.
  [[nodiscard]] std::optional<SteadyTime> next_due() const;

  [[nodiscard]] bool running(std::size_t child) const { return children_[child].phase == Phase::running; }

 private:
  enum class Phase : std::uint8_t { waiting, starting, running, given_up };
  struct Child {
    Phase phase = Phase::waiting;
    SteadyTime start_at;      ///< while waiting
    SteadyTime started_at{};  ///< while running
    SteadyTime heard_at{};    ///< start or last answer
    bool answered = false;
    bool killed = false;
    unsigned restarts = 0;  ///< since it last ran steadily
    unsigned early_exits = 0;
  };
  [[nodiscard]] SteadyTime frozen_at(const Child& child) const;
  void forgive_own_pause(SteadyTime now);

  SupervisorOptions options_;
  std::vector<Child> children_;
  SteadyTime last_due_;
  bool starting_up_ = true;
  bool stopping_ = false;
};

}  // namespace bazar::cli
