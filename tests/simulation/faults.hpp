#pragma once

#include "event_queue.hpp"

namespace bazar::simulation {

struct World;
class Process;
class Frontend;

/// Brings about what goes wrong: suspended, killed and restarted processes, cut links, farewells, a second
/// process under one name, a database that comes back from a copy.
class Faults {
 public:
  explicit Faults(World& world) : world_(world) {}
  void start() { next(); }
  /// All links whole, every process running, the twin gone.
  void end_all();

 private:
  void next();
  void strike();
  void pause();
  void kill();
  void kill(Process& process, Frontend* frontend);
  void cut();
  void farewell();
  void twin();
  void stall();
  void copy_database();
  void restore_database();

  [[nodiscard]] microseconds duration();
  [[nodiscard]] Process& any_server();
  [[nodiscard]] Frontend* as_frontend(const Process& process);

  World& world_;
};

}  // namespace bazar::simulation
