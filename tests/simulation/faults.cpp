#include "faults.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "catalog.hpp"
#include "frontend.hpp"
#include "supervisor.hpp"
#include "world.hpp"

namespace bazar::simulation {

void Faults::next() {
  world_.queue.after(world_.random.around(world_.parameters.fault_interval), [this] {
    if (world_.stormy) strike();
    next();
  });
}

void Faults::strike() {
  const int dice = world_.random.below(world_.parameters.often_restores ? 150 : 100);
  if (dice < 25) {
    pause();
  } else if (dice < 45) {
    kill();
  } else if (dice < 67) {
    cut();
  } else if (dice < 75) {
    stall();
  } else if (dice < 80) {
    farewell();
  } else if (dice < 88) {
    twin();
  } else if (dice < 96) {
    copy_database();
  } else {
    restore_database();
  }
}

microseconds Faults::duration() {
  if (!world_.stormy) return world_.parameters.delay;
  return world_.random.time(microseconds(100), microseconds(world_.parameters.longest_fault));
}

Process& Faults::any_server() {
  const std::size_t catalogs = world_.catalogs.size();
  const std::size_t place = world_.random.below(catalogs + world_.frontends.size());
  if (place < catalogs) return *world_.catalogs[place];
  return *world_.frontends[place - catalogs];
}

Frontend* Faults::as_frontend(const Process& process) {
  const auto at =
      std::ranges::find(world_.frontends, process.node(), [](const auto& f) { return f->node(); });
  return at == world_.frontends.end() ? nullptr : at->get();
}

void Faults::pause() {
  Process& process = any_server();
  if (!process.alive() || process.paused()) return;
  process.pause();
  ++world_.statistics.pauses;
  const auto catalog =
      std::ranges::find(world_.catalogs, process.node(), [](const auto& c) { return c->node(); });
  if (catalog != world_.catalogs.end()) {
    if ((*catalog)->holds_lock()) ++world_.statistics.pauses_holding_lock;
    world_.supervisor->watch(**catalog);
  }
  Frontend* frontend = as_frontend(process);
  if (frontend && !world_.rules.gone_only_when_death_was_seen) world_.supervisor->suspect(*frontend);
  world_.queue.after(duration(), [&process, life = process.life()] {
    if (process.life() == life) process.resume();
  });
}

void Faults::kill() {
  Process& process = any_server();
  if (process.alive()) kill(process, as_frontend(process));
}

void Faults::kill(Process& process, Frontend* frontend) {
  process.kill();
  ++world_.statistics.crashes;
  if (frontend && world_.parameters.supervised) world_.supervisor->reaped(*frontend);
  const bool is_twin = frontend && frontend->name() != frontend->name_in_catalog();
  if (!is_twin) world_.supervisor->restart(process, duration());
}

// One direction, or both.
void Faults::cut() {
  Random& random = world_.random;
  const Process& catalog = *world_.catalogs[random.below(world_.catalogs.size())];
  const Process& frontend = *world_.frontends[random.below(world_.frontends.size())];
  const microseconds time = duration();
  const int which = random.below(3);
  ++world_.statistics.cuts;
  if (which != 0) world_.network.cut(catalog.node(), frontend.node(), time);
  if (which != 1) world_.network.cut(frontend.node(), catalog.node(), time);
  Frontend* silent = as_frontend(frontend);
  if (!world_.rules.gone_only_when_death_was_seen) world_.supervisor->suspect(*silent);
}

void Faults::farewell() {
  Frontend& frontend = *world_.frontends[world_.random.below(world_.frontends.size())];
  if (!frontend.alive() || frontend.paused()) return;
  frontend.leave([this, &frontend] { kill(frontend, &frontend); });
}

void Faults::stall() {
  Frontend& frontend = *world_.frontends[world_.random.below(world_.frontends.size())];
  if (!frontend.alive()) return;
  ++world_.statistics.control_stalls;
  frontend.stall_control(duration());
}

void Faults::twin() {
  if (!world_.parameters.twin) return;
  Frontend& second = *world_.frontends.back();
  if (second.alive()) {
    kill(second, &second);
  } else {
    second.start();
  }
}

void Faults::copy_database() { world_.database.copy = world_.database.state; }

void Faults::restore_database() {
  if (!world_.parameters.restores || !world_.database.copy) return;
  Database& database = world_.database;
  for (const auto& catalog : world_.catalogs) catalog->kill();
  const Revision lost = database.state.revision - database.copy->revision;
  ++world_.statistics.restores;
  if (lost > 0) ++world_.statistics.restores_losing_revisions;
  database.state = *database.copy;
  database.state.epoch = fmt::format("E{}", ++database.epochs);
  world_.note([&] {
    return fmt::format("the database is restored as {}, {} revisions behind", database.state.epoch, lost);
  });
  world_.checker.epoch_began(database.state);
  for (const auto& catalog : world_.catalogs) world_.supervisor->restart(*catalog, duration());
}

void Faults::end_all() {
  world_.network.heal();
  for (const auto& frontend : world_.frontends) {
    if (frontend->name() != frontend->name_in_catalog()) {
      frontend->kill();
    } else if (!frontend->alive()) {
      frontend->start();
    }
    frontend->stall_control(microseconds(0));
    frontend->resume();
  }
  for (const auto& catalog : world_.catalogs) {
    if (!catalog->alive()) catalog->start();
    catalog->resume();
  }
}

}  // namespace bazar::simulation
