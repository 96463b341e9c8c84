// What the coherence protocol costs a write: latency of an acknowledged price edit (to the catalog) and of a
// single purchase (to the order service), one at a time, by how many front-ends hold a lease and how a write
// leaves their caches; and what a front-end that falls silent costs the writes of that moment.
//
// All stores run at once and take turns, round after round, so that whatever else the machine does hits each
// of them alike. A figure is the median over the rounds, with the least and the greatest.

#include <fmt/format.h>

#include <cstdlib>

#include "bench/roles.hpp"

namespace bazar::bench {
namespace {

using Latencies = std::vector<double>;  // milliseconds

struct Setup {
  std::size_t frontends;
  std::string on_write;
};
const std::vector<Setup> setups = {
    {0, "update"}, {1, "invalidate"}, {1, "update"}, {3, "invalidate"}, {3, "update"}};

struct Scale {
  int rounds = 7;
  int writes = 200;  ///< of each kind in a round
  int faults = 5;    ///< of each kind
};

/// One write after the other.
Task<> measure(Loop& loop, http::Endpoint server, int writes, bool purchases, Latencies& latencies) {
  http::Client client(loop, {});
  for (int i = 0; i < writes; ++i) {
    auto request = purchases ? buy_from_orders() : set_price(1'000 + i);
    const auto begin = std::chrono::steady_clock::now();
    co_await expect(client, server, std::move(request), purchases ? 200 : 204);
    latencies.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
}

Latencies edits(Roles& roles, int writes) {
  Latencies latencies;
  harness::run([&](Loop& loop) { return measure(loop, roles.catalog(), writes, false, latencies); });
  return latencies;
}

Latencies purchases(Roles& roles, int writes) {
  Latencies latencies;
  harness::run([&](Loop& loop) { return measure(loop, roles.orders(), writes, true, latencies); });
  return latencies;
}

/// Quantiles of each round.
struct Rounds {
  Latencies p50 = {};
  Latencies p99 = {};
  void add(const Latencies& latencies) {
    p50.push_back(quantile(latencies, 0.5));
    p99.push_back(quantile(latencies, 0.99));
  }
};

std::string summary(const Latencies& values) {
  return fmt::format("{:.2f} ({:.2f} … {:.2f})", quantile(values, 0.5), quantile(values, 0),
                     quantile(values, 1));
}

void healthy(const Scale& scale) {
  std::vector<std::unique_ptr<Roles>> stores;
  for (const Setup& setup : setups)
    stores.push_back(std::make_unique<Roles>(setup.frontends, setup.on_write));
  std::vector<Rounds> edit_rounds(setups.size()), purchase_rounds(setups.size());
  for (int round = 0; round < scale.rounds; ++round) {
    for (std::size_t i = 0; i < setups.size(); ++i) {
      stores[i]->wait_until_all_cache();
      edit_rounds[i].add(edits(*stores[i], scale.writes));
      purchase_rounds[i].add(purchases(*stores[i], scale.writes));
    }
  }
  fmt::print("Milliseconds; median of {} rounds of {} writes (least … greatest).\n\n", scale.rounds,
             scale.writes);
  fmt::print(
      "| front-ends | on write | edit p50 | edit p99 | purchase p50 | purchase p99 "
      "|\n|---|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < setups.size(); ++i) {
    fmt::print("| {} | {} | {} | {} | {} | {} |\n", setups[i].frontends,
               setups[i].frontends == 0 ? "" : setups[i].on_write, summary(edit_rounds[i].p50),
               summary(edit_rounds[i].p99), summary(purchase_rounds[i].p50), summary(purchase_rounds[i].p99));
  }
}

struct Fault {
  std::string name;
  void (*begin)(Roles&);
  void (*end)(Roles&);
};

const std::vector<Fault> fault_kinds = {
    {"frozen (SIGSTOP): its connections stay open", [](Roles& roles) { roles.frontend_process(2).freeze(); },
     [](Roles& roles) {
       roles.frontend_process(2).thaw();
       roles.wait_until_all_cache();
     }},
    {"killed (SIGKILL), and nobody says so", [](Roles& roles) { roles.frontend_process(2).kill(); },
     [](Roles& roles) { roles.restart_frontend(2); }},
};

void silent(const Scale& scale) {
  constexpr unsigned lease_ms = 2'000;
  Roles roles(3, "update", lease_ms);
  fmt::print("\nOne of 3 front-ends falls silent before a write; lease {} ms; {} times, {} edits each.\n\n",
             lease_ms, scale.faults, scale.writes);
  fmt::print(
      "| | first edit | second edit | later p50 | later p99 | longest of the later "
      "|\n|---|---|---|---|---|---|\n");
  for (const Fault& fault : fault_kinds) {
    Latencies first, second, p50, p99, longest;
    for (int i = 0; i < scale.faults; ++i) {
      fault.begin(roles);
      auto latencies = edits(roles, scale.writes);
      first.push_back(latencies[0]);
      second.push_back(latencies[1]);
      latencies.erase(latencies.begin(), latencies.begin() + 2);
      p50.push_back(quantile(latencies, 0.5));
      p99.push_back(quantile(latencies, 0.99));
      longest.push_back(quantile(latencies, 1));
      fault.end(roles);
    }
    fmt::print("| {} | {} | {} | {} | {} | {} |\n", fault.name, summary(first), summary(second), summary(p50),
               summary(p99), summary(longest));
  }
}

int argument(int argc, char** argv, int place, int otherwise) {
  return argc > place ? std::max(std::atoi(argv[place]), 3) : otherwise;
}

}  // namespace
}  // namespace bazar::bench

/// write_latency [ROUNDS] [WRITES] [FAULTS]
int main(int argc, char** argv) {
  using namespace bazar::bench;
  const Scale scale{.rounds = argument(argc, argv, 1, Scale{}.rounds),
                    .writes = argument(argc, argv, 2, Scale{}.writes),
                    .faults = argument(argc, argv, 3, Scale{}.faults)};
  healthy(scale);
  silent(scale);
}
