#include "parameters.hpp"

namespace bazar::simulation {
namespace {

void draw_sizes(Parameters& p, Random& random) {
  p.frontends = random.between(1, 4);
  p.catalogs = random.between(1, 3);
  p.clients = random.between(2, 6);
  p.books = random.between(1, 4);
  p.max_floors = random.between<std::size_t>(1, 6);
  p.cache_entries = random.between<std::size_t>(1, 6);
  p.batch_limit = random.between<std::size_t>(2, 10);
  p.fetch_limit = random.between<std::size_t>(1, 3);
}

void draw_times(Parameters& p, Random& random, const Rules& rules) {
  p.lease = random.time(milliseconds(60), milliseconds(400));
  p.renew_interval = p.lease / random.between(3, 6);
  p.call_timeout = p.lease / random.between(1, 3);
  p.ask_patience = p.lease / random.between(3, 10);
  p.reread_interval = p.lease / 20;
  p.frozen_limit = p.lease * 5 / 2;
  p.think_time = random.time(milliseconds(1), milliseconds(30));
  p.commit_time = random.time(microseconds(100), microseconds(p.lease) / 40);
  p.rho = random.chance(0.5) ? 0.01 : 0.01 * random.between(0, 20);
  // Two clocks that are each wrong by ρ/2 differ by (1 + ρ/2) / (1 - ρ/2), which is 1 + ρ and a little more.
  const double lease_us = 1'000 * static_cast<double>(p.lease.count());
  const microseconds rest(static_cast<std::int64_t>(lease_us * p.rho * p.rho) + 1'000);
  p.slack = std::chrono::ceil<milliseconds>(rest) + random.time(milliseconds(0), milliseconds(20));
  p.tick = random.time(microseconds(1), (microseconds(p.slack) - rest) / 2 + microseconds(1));
  if (!rules.wait_covers_clock_granularity) {
    p.tick = p.lease / 3;
    p.rho = 0.001;
    p.slack = milliseconds(0);
  }
}

void draw_variants(Parameters& p, Random& random) {
  p.shared_cache = random.chance(0.4);
  p.drops_on_invalidate = random.chance(0.5);
  p.flushes_on_register = random.chance(0.5);
  p.refreshes = random.chance(0.6);
  p.twin = random.chance(0.25);
  p.supervised = random.chance(0.6);
  p.restores = random.chance(0.3);
}

void draw_faults(Parameters& p, Random& random) {
  p.delay = random.time(microseconds(100), microseconds(4'000));
  p.slow = random.chance(0.3) ? 0 : 0.1 * random.unit();
  p.slow_delay = random.time<microseconds>(p.ask_patience, p.lease * 2);
  p.loss = random.chance(0.3) ? 0 : 0.05 * random.unit();
  p.duplication = random.chance(0.3) ? 0 : 0.1 * random.unit();
  p.fault_interval = random.time<microseconds>(p.lease / 4, p.lease * 8);
  p.longest_fault = random.time(p.lease / 2, p.lease * 4);
}

/// What matters only around a restore is seldom met otherwise.
void bring_restores(Parameters& p) {
  p.restores = true;
  p.often_restores = true;
  p.fault_interval = p.lease / 2;
  p.slow = 0.15;
}

}  // namespace

Parameters draw_parameters(Random& random, const Rules& rules) {
  Parameters parameters;
  draw_sizes(parameters, random);
  draw_times(parameters, random, rules);
  draw_variants(parameters, random);
  draw_faults(parameters, random);
  if (!rules.approval_is_of_present_epoch) bring_restores(parameters);
  return parameters;
}

}  // namespace bazar::simulation
