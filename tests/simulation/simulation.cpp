#include "simulation.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "cache_server.hpp"
#include "catalog.hpp"
#include "client.hpp"
#include "faults.hpp"
#include "frontend.hpp"
#include "supervisor.hpp"
#include "world.hpp"

namespace bazar::simulation {

World::World(std::uint64_t seed, const Rules& with, Trace::Mode tracing, Checks checks)
    : rules(with),
      random(seed),
      parameters(draw_parameters(random, rules)),
      trace(tracing),
      database(random),
      checker(*this, checks),
      network(*this) {}
World::~World() = default;

namespace {

constexpr std::int64_t storm_steps = 6'000;
constexpr int cache_server_node = 50;
constexpr int supervisor_node = 60;

void populate(World& world) {
  const Parameters& parameters = world.parameters;
  State& state = world.database.state;
  state.epoch = "E0";
  state.revision = 1;
  for (Book book = 0; book < parameters.books; ++book) {
    state.books.push_back({world.random.between(100, 9'999), world.random.between(0, 20), 1});
  }
  world.checker.epoch_began(state);
  for (int i = 0; i < parameters.catalogs; ++i) {
    world.catalogs.push_back(std::make_unique<Catalog>(world, i, fmt::format("catalog-{}", i)));
  }
  for (int i = 0; i < parameters.frontends; ++i) {
    const std::string name = fmt::format("frontend-{}", i);
    world.frontends.push_back(std::make_unique<Frontend>(world, 10 + i, name, name));
  }
  if (parameters.twin) {
    world.frontends.push_back(
        std::make_unique<Frontend>(world, 10 + parameters.frontends, "twin", "frontend-0"));
  }
  world.cache_server = std::make_unique<CacheServer>(world, cache_server_node);
  world.supervisor = std::make_unique<Supervisor>(world, supervisor_node);
  for (int i = 0; i < parameters.clients; ++i) {
    world.clients.push_back(std::make_unique<Client>(world, i, Client::Kind::customer));
  }
  for (std::size_t i = 0; i <= world.frontends.size(); ++i) {
    const int number = parameters.clients + static_cast<int>(i);
    world.probers.push_back(std::make_unique<Client>(world, number, Client::Kind::prober));
  }
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        world_(options.seed, options.rules, options.tracing, options.checks),
        faults_(world_) {
    populate(world_);
  }

  Result run() {
    start();
    while (!world_.checker.failed() && steps_ < options_.steps) {
      storm();
      if (!world_.checker.failed()) calm();
    }
    world_.statistics.steps = steps_;
    const auto& lines = world_.trace.lines();
    return {.violation = world_.checker.failure(),
            .statistics = world_.statistics,
            .trace = {lines.begin(), lines.end()},
            .longest_recovery = static_cast<double>(longest_recovery_.count()) /
                                static_cast<double>(microseconds(world_.parameters.lease).count())};
  }

 private:
  void start() {
    world_.cache_server->start();
    world_.supervisor->start();
    for (const auto& catalog : world_.catalogs) catalog->start();
    for (const auto& frontend : world_.frontends) frontend->start();
    for (const auto& client : world_.clients) client->start();
    for (const auto& prober : world_.probers) prober->start();
    faults_.start();
  }

  void step() {
    world_.queue.run_next();
    ++steps_;
  }

  void storm() {
    world_.stormy = true;
    world_.note([] { return "a storm begins"; });
    const std::int64_t end = steps_ + storm_steps;
    while (steps_ < end && !world_.checker.failed()) step();
  }

  /// Faults stop: all must become well, and then quiet.
  void calm() {
    ++world_.statistics.calms;
    world_.stormy = false;
    world_.note([] { return "calm begins"; });
    faults_.end_all();
    const Instant began = world_.now();
    const Parameters& parameters = world_.parameters;
    // By then all that was sent in the storm has arrived, and all that it led to.
    const Instant heard = began + parameters.slow_delay + parameters.call_timeout * 6;
    const std::vector<std::int64_t> hits = hits_by_frontend();
    bool written = false;
    std::optional<Instant> recovered;
    while (!world_.checker.failed()) {
      step();
      if (!recovered && written && all_hit_since(hits)) {
        recovered = world_.now();
        longest_recovery_ = std::max(longest_recovery_, world_.now() - began);
      }
      if (!recovered) {
        probe(written);
        if (world_.now() > began + recovery_limit())
          return world_.checker.fail_liveness(why_not_well(written, hits));
      } else if (world_.now() > heard && quiet()) {
        break;
      } else if (world_.now() > heard + parameters.lease * 100) {
        return world_.checker.fail_liveness("long after the faults had ended, not all requests had an end");
      }
    }
    if (world_.checker.failed()) return;
    world_.checker.check_histories();
    world_.database.state.keys.clear();
    world_.database.copy.reset();
  }

  [[nodiscard]] microseconds recovery_limit() const {
    const Parameters& parameters = world_.parameters;
    return parameters.lease * 30 + parameters.slow_delay;
  }

  [[nodiscard]] std::vector<std::int64_t> hits_by_frontend() const {
    std::vector<std::int64_t> hits;
    hits.reserve(world_.frontends.size());
    for (const auto& frontend : world_.frontends) hits.push_back(frontend->hits());
    return hits;
  }

  [[nodiscard]] bool all_hit_since(const std::vector<std::int64_t>& before) const {
    for (std::size_t i = 0; i < before.size(); ++i) {
      const Frontend& frontend = *world_.frontends[i];
      if (frontend.alive() && frontend.hits() <= before[i]) return false;
    }
    return true;
  }

  [[nodiscard]] bool quiet() const {
    const auto idle = [](const auto& each) { return each->idle(); };
    return std::ranges::all_of(world_.clients, idle) && std::ranges::all_of(world_.probers, idle) &&
           std::ranges::all_of(world_.catalogs, idle);
  }

  /// Asks each front-end now and then, and changes a price once.
  void probe(bool& written) {
    if (world_.now() < next_probe_) return;
    next_probe_ = world_.now() + world_.parameters.lease / 50;
    for (std::size_t i = 0; i < world_.frontends.size(); ++i) {
      Frontend& frontend = *world_.frontends[i];
      if (frontend.alive() && world_.probers[i]->idle()) world_.probers[i]->probe(frontend);
    }
    Client& writer = *world_.probers.back();
    if (written || !writer.idle()) return;
    writer.edit(*world_.frontends.front(), [&written](bool done) { written = written || done; });
  }

  [[nodiscard]] std::string why_not_well(bool written, const std::vector<std::int64_t>& hits) const {
    std::string why = "after the faults had ended";
    if (!written) why += ", no write was answered";
    for (std::size_t i = 0; i < hits.size(); ++i) {
      const Frontend& frontend = *world_.frontends[i];
      if (frontend.alive() && frontend.hits() <= hits[i]) why += ", " + frontend.name() + " had no hit";
    }
    return why;
  }

  const Options options_;
  World world_;
  Faults faults_;
  std::int64_t steps_ = 0;
  Instant next_probe_;
  microseconds longest_recovery_{0};
};

}  // namespace

Result simulate(const Options& options) { return Run(options).run(); }

std::string report_failure(Options options) {
  if (options.tracing == Trace::Mode::off) options.tracing = Trace::Mode::last;
  const Result result = simulate(options);
  std::string text =
      fmt::format("seed {}, step {}: {}\n", options.seed, result.statistics.steps, result.violation);
  for (const std::string& line : result.trace) text += line + '\n';
  return text;
}

}  // namespace bazar::simulation
