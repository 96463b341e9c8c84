#pragma once

#include <deque>
#include <memory>

#include "base/oneshot.hpp"
#include "db/postgres/client.hpp"

namespace bazar::db::postgres {

/// When a read waits until its server has shown that it is still the primary (docs/protocol.md, rule 10).
enum class Barrier : std::uint8_t {
  automatic,  ///< where the server, at that moment, names synchronous standbys
  always,
  never,  ///< labelled reads, on any server
};

/// What was read, and on which server.
struct Answer {
  Results results;
  ServerIdentity server;
};

/// Reads that count only once a commit that follows them on the same server is replicated: a deposed primary,
/// or one that shows what no standby has yet, cannot complete it. Reads gather while one round is in flight,
/// and a round's reads share one commit. Without synchronous standbys a commit is local and would prove
/// nothing, so that it is left out. On one loop.
class BarrierReader {
 public:
  BarrierReader(LoopExecutor executor, ConnectionOptions options, Barrier barrier);
  ~BarrierReader() { stop(); }
  BarrierReader(const BarrierReader&) = delete;
  BarrierReader& operator=(const BarrierReader&) = delete;

  /// Each pipeline is a transaction of its own. Repeated where the connection was lost, until the deadline.
  Task<Answer> read(Pipeline pipeline, SteadyTime deadline);

  /// What is under way, and what comes later, gets Unavailable.
  void stop();

  static constexpr std::size_t max_round = 256;     ///< reads before one barrier
  static constexpr std::size_t max_queue = 20'000;  ///< past it: Overloaded

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace bazar::db::postgres
