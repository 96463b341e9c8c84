#pragma once

#include <memory>
#include <vector>

#include "checker.hpp"
#include "database.hpp"
#include "event_queue.hpp"
#include "network.hpp"
#include "parameters.hpp"
#include "rules.hpp"
#include "statistics.hpp"
#include "trace.hpp"

namespace bazar::simulation {

class Catalog;
class Client;
class Frontend;
class CacheServer;
class Supervisor;

/// All that the parts of a run share.
struct World {
  World(std::uint64_t seed, const Rules& rules, Trace::Mode tracing, Checks checks);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] Instant now() const { return queue.now(); }
  template <class Text>
  void note(Text text) {
    trace.note(now(), text);
  }

  const Rules rules;
  Random random;
  const Parameters parameters;
  EventQueue queue;
  Trace trace;
  Statistics statistics;
  Database database;
  Checker checker;
  Network network;

  std::vector<std::unique_ptr<Catalog>> catalogs;
  std::vector<std::unique_ptr<Frontend>> frontends;  ///< the twin, if there is one, is the last
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::unique_ptr<Client>> probers;  ///< one a front-end, and one who writes
  std::unique_ptr<CacheServer> cache_server;
  std::unique_ptr<Supervisor> supervisor;
  bool stormy = true;  ///< faults happen and clients ask; else all is to become well
};

}  // namespace bazar::simulation
