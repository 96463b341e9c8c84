#include <fmt/format.h>

#include <deque>

#include "experiment/caller.hpp"
#include "experiment/in_words.hpp"
#include "experiment/latencies.hpp"
#include "experiment/studies/rounds.hpp"
#include "experiment/studies/studies.hpp"

namespace bazar::experiment {
namespace {

enum Operation : std::uint8_t { looking_up, buying, editing };

void measure(Caller& client, Latencies& latencies, Turn turn) {
  for (int i = 0; turn.goes_on(i); ++i) {
    const std::int64_t book = 1 + i % demo_books;
    latencies.add(turn.round, turn.setup, looking_up, client.call(info(book)).ms);
    latencies.add(turn.round, turn.setup, buying, client.call(purchase(book)).ms);
    latencies.add(turn.round, turn.setup, editing, client.call(set_price(book, 1'000 + i)).ms);
  }
}

}  // namespace

Section study_replication(Laboratory& laboratory) {
  const std::size_t rounds = laboratory.choose(7U, 3U);
  const int times = laboratory.choose(300, 60);
  const std::vector<std::string> names{"1 + 1", "2 + 2", "3 + 3"};
  Stores stores = laboratory.start({{.catalogs = 1, .orders = 1, .cache = "none"},
                                    {.catalogs = 2, .orders = 2, .cache = "none"},
                                    {.catalogs = 3, .orders = 3, .cache = "none"}});
  std::deque<Caller> clients;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    stock_up(laboratory, stores[i]);
    clients.emplace_back(laboratory, stores[i].frontend(), stores[i].shopkeeper_token());
  }
  Latencies latencies(names, {"info, from a catalog", "purchase", "price edit"});
  take_turns(laboratory, rounds, stores.size(), times,
             [&](Turn turn) { measure(clients[turn.setup], latencies, turn); });

  Section section{.name = "replication",
                  .title = "With and without replicas",
                  .question = "What do replicas of the catalog and of the order service cost?",
                  .set_up = fmt::format("Three stores: 1 catalog + 1 order service, 2 + 2, and 3 + 3, each "
                                        "with one front-end without a cache, so that every lookup "
                                        "reaches a catalog. One client asks for one thing after the other: a "
                                        "lookup, a purchase, a price edit; up to {} of each in each of "
                                        "{} rounds.",
                                        times, rounds)};
  for (const auto operation : {looking_up, buying, editing}) {
    section.results.push_back(fmt::format("{}: {} with one replica of each, {} with three; {}.",
                                          latencies.operations()[operation],
                                          with_interval(latencies.median(0, operation), "ms"),
                                          with_interval(latencies.median(2, operation), "ms"),
                                          compare_times("three", "one", latencies.ratio(2, 0, operation))));
  }
  section.plots.push_back(
      latency_plot(latencies, "Median response time by replicas (catalogs + order services)"));
  section.tables.push_back(
      latency_table(latencies, "replication", "Response times of one client, by catalogs + order services."));
  section.remarks = {
      "On one machine replicas of a service share one SQLite file: they keep a service alive when a process "
      "dies, not when the disk "
      "does, and a write is stored once however many there are. So this compares the costs of choosing among "
      "processes and of their "
      "turns at one file, not of copying data.",
      "What copies on several machines cost is the question of the study of the cluster."};
  return section;
}

}  // namespace bazar::experiment
