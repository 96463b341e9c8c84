#include <fmt/format.h>

#include <deque>

#include "experiment/caller.hpp"
#include "experiment/in_words.hpp"
#include "experiment/latencies.hpp"
#include "experiment/studies/rounds.hpp"
#include "experiment/studies/studies.hpp"

namespace bazar::experiment {
namespace {

enum Setup : std::uint8_t { without, with_cache };
enum Operation : std::uint8_t { searching, looking_up, buying };

void measure(Caller& shopper, Latencies& latencies, Turn turn) {
  for (int i = 0; turn.goes_on(i); ++i) {
    const auto& topic = demo_topics[static_cast<std::size_t>(i) % demo_topics.size()];
    latencies.add(turn.round, turn.setup, searching, shopper.call(search(topic)).ms);
    latencies.add(turn.round, turn.setup, looking_up, shopper.call(info(1 + i % demo_books)).ms);
    // A book that the next lookups do not ask for at once: with `--on-write update` they find it cached
    // again.
    const std::int64_t bought = 1 + (i + demo_books / 2) % demo_books;
    latencies.add(turn.round, turn.setup, buying, shopper.call(purchase(bought)).ms);
  }
}

std::string sentence(const Latencies& latencies, Operation operation) {
  return fmt::format("{}: {} without the cache, {} with it; {}.", latencies.operations()[operation],
                     with_interval(latencies.median(without, operation), "ms"),
                     with_interval(latencies.median(with_cache, operation), "ms"),
                     compare_times("without", "with", latencies.ratio(without, with_cache, operation)));
}

}  // namespace

Section study_cache(Laboratory& laboratory) {
  const std::size_t rounds = laboratory.choose(7U, 3U);
  const int times = laboratory.choose(400, 100);
  Stores stores = laboratory.start({{.cache = "none"}, {}});
  std::deque<Caller> shoppers;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    stock_up(laboratory, stores[i]);
    shoppers.emplace_back(laboratory, stores[i].frontend());
  }
  Latencies latencies({"without cache", "with cache"}, {"search", "info", "purchase"});
  take_turns(laboratory, rounds, stores.size(), times,
             [&](Turn turn) { measure(shoppers[turn.setup], latencies, turn); });

  Section section{.name = "cache",
                  .title = "Response time with and without cache",
                  .question = "How much does the cache help the average response time of query and buy?",
                  .set_up = fmt::format("Two stores, each with one front-end, one catalog and one order "
                                        "service, one with the default cache (LRU, in the "
                                        "front-end's memory) and one with --cache none. One client asks for "
                                        "one thing after the other: a search of a topic, a lookup "
                                        "of a book, a purchase; up to {} of each in each of {} rounds.",
                                        times, rounds)};
  for (const auto operation : {searching, looking_up, buying})
    section.results.push_back(sentence(latencies, operation));
  section.plots.push_back(latency_plot(latencies, "Median response time with and without cache"));
  section.tables.push_back(
      latency_table(latencies, "cache", "Response times of one client, one request at a time."));
  section.remarks.push_back(
      "A purchase is never decided from the cache: with a cache it also has to ask the front-end to give up "
      "what it has of the book. "
      "On loopback an uncached lookup costs one more call between two processes; over a real network it "
      "costs a round trip more.");
  return section;
}

}  // namespace bazar::experiment
