#pragma once

#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>

#include "event_queue.hpp"

namespace bazar::simulation {

struct World;
class Process;

/// Whether a message may arrive twice. A request that is not idempotent travels over one connection, which
/// does not repeat it.
enum class Repeatable : std::uint8_t { yes, no };

/// Carries messages between processes. Each message is delayed on its own, so they overtake each other; some
/// are lost, some arrive twice; a link that is cut carries none of its direction.
class Network {
 public:
  explicit Network(World& world) : world_(world) {}

  /// `arrive` runs in `to` when the message is there, unless that process is dead then. `what()` says in
  /// words what is sent.
  template <class What>
  void send(const Process& from, Process& to, What what, const Action& arrive,
            Repeatable repeatable = Repeatable::yes) {
    const int copies = transmit(from, to, repeatable);
    if (tracing()) note(from, to, what(), copies);
    for (int i = 0; i < copies; ++i) deliver(to, arrive);
  }

  void cut(int from, int to, microseconds time);
  void heal();
  /// Messages under way.
  [[nodiscard]] int under_way() const { return under_way_; }

 private:
  [[nodiscard]] bool tracing() const;
  [[nodiscard]] int transmit(const Process& from, const Process& to, Repeatable repeatable);
  void note(const Process& from, const Process& to, const std::string& what, int copies);
  void deliver(Process& to, const Action& arrive);
  [[nodiscard]] microseconds draw_delay();

  World& world_;
  std::map<std::pair<int, int>, Instant> cut_until_;
  int under_way_ = 0;
};

}  // namespace bazar::simulation
