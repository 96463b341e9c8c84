#include "supervisor.hpp"

#include "catalog.hpp"
#include "frontend.hpp"
#include "world.hpp"

namespace bazar::simulation {

Supervisor::Supervisor(World& world, int node) : Process(world, node, "supervisor") {}

void Supervisor::restart(Process& process, microseconds delay) {
  after_true(delay, [&process] {
    if (!process.alive()) process.start();
  });
}

void Supervisor::reaped(Frontend& frontend) { retire(frontend, frontend.life()); }

// What the catalog names before the next process is started is the dead one's incarnation; what it names
// later may be the new one's (as cli::StoreRunner).
void Supervisor::retire(const Frontend& frontend, int life) {
  Catalog& catalog = *world().catalogs[world().random.below(world().catalogs.size())];
  const std::string& name = frontend.name_in_catalog();
  call<std::optional<std::string>>(
      catalog, [&] { return "who was " + name + "?"; }, world().parameters.call_timeout,
      [&catalog, name, node = frontend.node()](const Respond<std::optional<std::string>>& respond) {
        catalog.member_of_process(name, node, respond);
      },
      [this, &frontend, life, name](const std::optional<std::optional<std::string>>& incarnation) {
        const bool same_run = frontend.life() == life && !frontend.alive();
        const bool guessed = !world().rules.gone_only_when_death_was_seen;
        if (incarnation && *incarnation && (same_run || guessed)) tell_death(name, **incarnation);
      });
}

void Supervisor::tell_death(const std::string& name, const std::string& incarnation) {
  Catalog& catalog = *world().catalogs[world().random.below(world().catalogs.size())];
  ++world().statistics.deaths_told;
  call<WriteAnswer>(
      catalog, [&] { return incarnation + " is dead"; }, world().parameters.call_timeout,
      [&catalog, name, incarnation](const Respond<WriteAnswer>& respond) {
        catalog.retire(name, incarnation, respond);
      },
      [](const std::optional<WriteAnswer>&) {});
}

void Supervisor::watch(Catalog& catalog) {
  after_true(world().parameters.frozen_limit, [this, &catalog, life = catalog.life()] {
    if (catalog.life() != life || !catalog.paused()) return;
    ++world().statistics.frozen_killed;
    catalog.kill();
    restart(catalog, world().parameters.delay);
  });
}

void Supervisor::suspect(Frontend& frontend) { retire(frontend, frontend.life()); }

}  // namespace bazar::simulation
