// One book that many buy while others look at it, through one front-end of a real store: purchases a second,
// and how lookups fare meanwhile, by what a write leaves in the front-end's cache. The two ways take turns.

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <cstdlib>

#include "base/random.hpp"
#include "bench/roles.hpp"

namespace bazar::bench {
namespace {

constexpr int buyers = 64;
constexpr int readers = 8;

struct Counts {
  std::size_t purchases = 0;
  std::size_t hits = 0;
  std::vector<double> lookups_ms = {};
};

struct Run {
  Loop& loop;
  http::Endpoint frontend;
  SteadyTime end;
  Counts counts = {};
};

double since(SteadyTime begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

Task<> buy(Run& run) {
  http::Client client(run.loop, {});
  while (std::chrono::steady_clock::now() < run.end) {
    co_await expect(client, run.frontend,
                    {.method = http::Method::post,
                     .target = "/purchase/2",
                     .headers = {{"Idempotency-Key", random_hex(12)}},
                     .body = R"({"name":"Hiba"})"},
                    200);
    ++run.counts.purchases;
  }
}

/// With a pause, as a shopper has: without one readers would only take the processor from the buyers.
Task<> look(Run& run) {
  http::Client client(run.loop, {});
  Timer pause(run.loop.get_executor());
  while (std::chrono::steady_clock::now() < run.end) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = co_await expect(client, run.frontend, {.target = "/info/2"}, 200);
    run.counts.lookups_ms.push_back(since(begin));
    if (answer.header("Cache-Status") == "bazar; hit") ++run.counts.hits;
    pause.expires_after(milliseconds(2));
    co_await pause.async_wait(use_task);
  }
}

Counts rush(Roles& roles, int seconds) {
  Loop loop(1);
  Run run{loop, roles.frontends().at(0), std::chrono::steady_clock::now() + std::chrono::seconds(seconds)};
  std::exception_ptr failure;
  const auto note = [&](std::exception_ptr error) {
    if (error) failure = std::move(error);
  };
  for (int i = 0; i < buyers; ++i) asio::co_spawn(loop, buy(run), note);
  for (int i = 0; i < readers; ++i) asio::co_spawn(loop, look(run), note);
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(run.counts);
}

}  // namespace
}  // namespace bazar::bench

/// hot_book [ROUNDS] [SECONDS]
int main(int argc, char** argv) {
  using namespace bazar::bench;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 4;
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 5;
  Roles invalidate(1, "invalidate");
  Roles update(1, "update");
  fmt::print("{} buyers and {} readers of one book, {} s a row.\n\n", buyers, readers, seconds);
  fmt::print("| on write | purchases/s | lookups | hits | p50 ms | p99 ms |\n|---|---|---|---|---|---|\n");
  for (int round = 0; round < rounds; ++round) {
    for (auto* roles : {&invalidate, &update}) {
      const Counts counts = rush(*roles, seconds);
      const auto lookups = static_cast<double>(counts.lookups_ms.size());
      fmt::print("| {} | {:.0f} | {:.0f} | {:.0f} % | {:.2f} | {:.2f} |\n",
                 roles == &update ? "update" : "invalidate", static_cast<double>(counts.purchases) / seconds,
                 lookups, 100 * static_cast<double>(counts.hits) / lookups, quantile(counts.lookups_ms, 0.5),
                 quantile(counts.lookups_ms, 0.99));
    }
  }
}
