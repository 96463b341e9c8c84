#pragma once

#include <functional>
#include <queue>
#include <vector>

#include "load/dispatcher.hpp"
#include "load/free_list.hpp"
#include "load/random.hpp"

namespace bazar::load {

/// A connection's next request is due when it became free and has thought.
class ClosedLoopDispatcher final : public Dispatcher {
 public:
  /// `think_time`: on average. Nothing is due from `end` on.
  ClosedLoopDispatcher(std::size_t connections, nanoseconds think_time, Instant end, std::uint64_t seed);

  void free(Index connection, Instant now) override;
  void gone(Index connection) override;
  std::optional<Turn> next(Instant now) override;
  [[nodiscard]] std::optional<Instant> wakes_at() const override;
  [[nodiscard]] std::size_t backlog() const override { return 0; }

 private:
  struct Thought {
    Instant until;
    Index connection;
    std::uint32_t life;  ///< of the connection
    friend auto operator<=>(const Thought&, const Thought&) = default;
  };

  const double think_ns_;
  const Instant end_;
  Random random_;
  FreeList ready_;
  std::vector<Instant> due_;          ///< by connection
  std::vector<std::uint32_t> lives_;  ///< by connection: how often it has gone
  std::priority_queue<Thought, std::vector<Thought>, std::greater<>> thinking_;
};

}  // namespace bazar::load
