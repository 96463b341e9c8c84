// What a store does with more than it can do, and with a replica that is slow.
//
// Overload: the peak rate is measured in a closed loop, then requests come by schedule at half of it, at it,
// at twice and three times, and at half again, over so many connections that the store, not the generator,
// has to decide who waits. A request for which no connection is free is not sent, and counted: it stands for
// a shopper whom the store leaves unread. Latencies are from when a request was due.
//
// Slow replica: one of two is stopped for 90 of every 100 ms, at half of the healthy peak by schedule, so
// that those whom it holds up do not lower the load. A healthy and a slow run take turns.
//
//   bench/overload [connections] [seconds a run]

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "bench/overload_store.hpp"
#include "load/run.hpp"

namespace bazar::bench {
namespace {

struct Scale {
  std::size_t connections = 8'000;
  milliseconds length{5'000};
};

double ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

double per_second(std::uint64_t count, const load::Result& result) {
  return static_cast<double>(count) / std::chrono::duration<double>(result.measured).count();
}

load::Result at_peak(const OverloadStore& store, const std::string& mix, const Scale& scale,
                     std::size_t connections) {
  load::Plan plan = store.plan(mix);
  plan.pace = load::ClosedLoop{};
  plan.connections = connections;
  plan.warmup = milliseconds(1'000);
  plan.duration = scale.length;
  return load::run(plan);
}

load::Result by_schedule(const OverloadStore& store, const std::string& mix, const Scale& scale,
                         std::size_t connections, double rate_per_s) {
  load::Plan plan = store.plan(mix);
  plan.pace = load::OpenLoop{.rate_per_s = rate_per_s, .max_backlog = 1};
  plan.connections = connections;
  plan.warmup = milliseconds(0);
  plan.duration = scale.length;
  return load::run(plan);
}

/// When the last request that came after the overload was shed or failed.
std::optional<milliseconds> trouble_until(const load::Result& result) {
  std::optional<milliseconds> until;
  for (const load::Sample& sample : result.samples) {
    if (sample.shed + sample.failed > 0) until = sample.at + milliseconds(100);
  }
  return until;
}

void print_line(const std::string& what, const load::Result& result, double peak_per_s) {
  const load::OperationResult all = result.all();
  fmt::print("| {} | {:.0f} ({:.0f} %) | {:.1f} / {:.1f} | {:.0f} | {:.1f} / {:.1f} | {:.0f} | {} |\n", what,
             result.goodput_per_s, 100 * result.goodput_per_s / peak_per_s, ms(all.latency.quantile(0.5)),
             ms(all.latency.quantile(0.99)), per_second(all.shed, result), ms(all.shed_latency.quantile(0.5)),
             ms(all.shed_latency.quantile(0.99)), per_second(result.dropped, result), all.failed());
}

void overload(const std::string& mix, const Scale& scale) {
  const OverloadStore store;
  // The usual connections first: with very many each request costs more, whatever their rate.
  const double usual_peak_per_s = at_peak(store, mix, scale, 256).goodput_per_s;
  const load::Result peak = at_peak(store, mix, scale, scale.connections);
  const double peak_per_s = std::max(usual_peak_per_s, peak.goodput_per_s);
  fmt::print("\n{}: peak {:.0f}/s with 256 connections, {:.0f}/s with {}\n\n", mix, usual_peak_per_s,
             peak.goodput_per_s, scale.connections);
  fmt::print("| offered | goodput/s | p50 / p99 ms | 503/s | p50 / p99 ms of these | unsent/s | failed |\n");
  fmt::print("|---|---|---|---|---|---|---|\n");
  for (const double times : {0.5, 1.0, 2.0, 3.0}) {
    print_line(fmt::format("{} ×", times),
               by_schedule(store, mix, scale, scale.connections, times * peak_per_s), peak_per_s);
  }
  const load::Result after = by_schedule(store, mix, scale, scale.connections, peak_per_s / 2);
  print_line("0.5 ×, right after", after, peak_per_s);
  const auto trouble = trouble_until(after);
  fmt::print("\nafter the overload the last 503 was sent within {}\n",
             trouble ? fmt::format("{} ms", trouble->count()) : "no time: there was none");
}

std::string shares(const std::map<std::string, double>& before, const std::map<std::string, double>& after) {
  std::string text;
  for (const auto& [replica, count] : after) {
    const auto had = before.find(replica);
    const double picks = count - (had == before.end() ? 0 : had->second);
    text += fmt::format("{}{} {:.0f}", text.empty() ? "" : ", ", replica, picks);
  }
  return text;
}

void slow_replica(const std::string& mix, const std::string& service, const Scale& scale,
                  std::vector<std::string> args) {
  constexpr int rounds = 3;
  constexpr std::size_t connections = 1'000;
  const OverloadStore store(std::move(args));
  const pid_t victim = store.member(service + "-2").pid;
  const double rate_per_s = at_peak(store, mix, scale, 64).goodput_per_s / 2;
  fmt::print("\n{} with {}-2 slow, {:.0f} offered a second\n\n", mix, service, rate_per_s);
  fmt::print("| | answers/s | p50 / p99 / max ms | not served | picks |\n|---|---|---|---|---|\n");
  for (int round = 0; round < rounds; ++round) {
    for (const bool slow : {false, true}) {
      const auto before = store.picks(service);
      std::optional<SlowedProcess> slowed;
      if (slow) slowed.emplace(victim);
      const load::Result result = by_schedule(store, mix, scale, connections, rate_per_s);
      slowed.reset();
      const load::OperationResult all = result.all();
      fmt::print("| {} | {:.0f} | {:.1f} / {:.1f} / {:.1f} | {} | {} |\n", slow ? "slow" : "healthy",
                 result.goodput_per_s, ms(all.latency.quantile(0.5)), ms(all.latency.quantile(0.99)),
                 ms(all.latency.max()), all.failed() + all.shed + result.dropped,
                 shares(before, store.picks(service)));
    }
  }
}

}  // namespace
}  // namespace bazar::bench

int main(int argc, char** argv) {
  using namespace bazar;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  bench::Scale scale;
  if (argc > 1) scale.connections = static_cast<std::size_t>(std::atoll(argv[1]));
  if (argc > 2) scale.length = milliseconds(1'000 * std::atoll(argv[2]));
  bench::overload("purchase", scale);
  bench::overload("lookup", scale);
  bench::slow_replica("purchase", "orders", scale, {});
  bench::slow_replica("lookup", "catalog", scale, {"--cache", "none"});
}
