#include <fmt/format.h>

#include <deque>

#include "experiment/caller.hpp"
#include "experiment/in_words.hpp"
#include "experiment/latencies.hpp"
#include "experiment/studies/rounds.hpp"
#include "experiment/studies/studies.hpp"
#include "report/readable.hpp"

namespace bazar::experiment {

using report::Estimate;
using report::LinePlot;
using report::paired_ratio;
using report::Series;

namespace {

constexpr std::int64_t book = 2;

enum Write : std::uint8_t { editing, buying };
enum Read : std::uint8_t { first_read, next_read };

const std::vector<StoreSetup> setups{
    {.frontends = 0},
    {.frontends = 1, .on_write = "invalidate"},
    {.frontends = 2, .on_write = "invalidate"},
    {.frontends = 3, .on_write = "invalidate"},
    {.frontends = 1, .on_write = "update"},
    {.frontends = 2, .on_write = "update"},
    {.frontends = 3, .on_write = "update"},
};
constexpr std::size_t nobody = 0;
constexpr std::size_t three_invalidated = 3;
constexpr std::size_t three_updated = 6;

std::string name_of(const StoreSetup& setup) {
  if (setup.frontends == 0) return "no front-end";
  return fmt::format("{} front-end{}, {}", setup.frontends, setup.frontends > 1 ? "s" : "", setup.on_write);
}

std::vector<std::string> names_from(std::size_t first) {
  std::vector<std::string> names;
  for (std::size_t i = first; i < setups.size(); ++i) names.push_back(name_of(setups[i]));
  return names;
}

/// The clients of one store. Writes go straight to the tier that does them, so that they are the same in a
/// store without a front-end.
struct Clients {
  Caller catalog;
  Caller orders;
  std::deque<Caller> frontends = {};

  Clients(Laboratory& laboratory, const Store& store)
      : catalog(laboratory, store.endpoints("catalog").at(0), store.service_token()),
        orders(laboratory, store.endpoints("orders").at(0), store.service_token()) {
    for (const auto& frontend : store.endpoints("frontend")) frontends.emplace_back(laboratory, frontend);
  }
  void let_all_cache() {
    for (Caller& frontend : frontends) (void)frontend.call(info(book));
  }
};

struct Measured {
  Latencies writes{names_from(0), {"price edit", "purchase"}};
  /// Of set-ups with a front-end: index 0 is setups[1].
  Latencies reads{names_from(1), {"first lookup after the edit", "the one after it"}};
  std::vector<double> found_cached = std::vector<double>(setups.size());  ///< of the first lookups
};

void measure(Clients& clients, Measured& measured, Turn turn) {
  for (int i = 0; turn.goes_on(i); ++i) {
    clients.let_all_cache();
    const double edit_ms = clients.catalog.call(set_price(book, 1'000 + i)).ms;
    measured.writes.add(turn.round, turn.setup, editing, edit_ms);
    if (turn.setup != nobody) {
      const Reply first = clients.frontends[0].call(info(book));
      measured.reads.add(turn.round, turn.setup - 1, first_read, first.ms);
      if (first.hit) ++measured.found_cached[turn.setup];
      measured.reads.add(turn.round, turn.setup - 1, next_read, clients.frontends[0].call(info(book)).ms);
    }
    clients.let_all_cache();
    measured.writes.add(turn.round, turn.setup, buying, clients.orders.call(place_order(book)).ms);
  }
}

std::string plot_of(const Measured& measured) {
  LinePlot plot{.text = {.title = "What a write costs, by front-ends that hold the book",
                         .x_label = "front-ends that have the book in their cache",
                         .y_label = "median response time, ms"},
                .series = {}};
  for (const auto write : {editing, buying}) {
    for (const std::string on_write : {"invalidate", "update"}) {
      Series series{.name = fmt::format("{}, {}", measured.writes.operations()[write], on_write),
                    .points = {}};
      for (std::size_t i = 0; i < setups.size(); ++i) {
        if (setups[i].frontends == 0 || setups[i].on_write == on_write)
          series.points.push_back(
              {static_cast<double>(setups[i].frontends), measured.writes.median(i, write)});
      }
      plot.series.push_back(std::move(series));
    }
  }
  return draw(plot);
}

std::string cost_sentence(const Measured& measured, Write write, std::size_t setup) {
  const Estimate cost = measured.writes.difference(setup, nobody, write);
  const std::string what = fmt::format(
      "{}: {} without a front-end, {} with {}; the consistency operations cost {}",
      measured.writes.operations()[write], with_interval(measured.writes.median(nobody, write), "ms"),
      with_interval(measured.writes.median(setup, write), "ms"), name_of(setups[setup]),
      with_interval(cost, "ms"));
  return what + (cost.contains(0) ? ", which cannot be told from the noise." : ".");
}

std::string miss_sentence(const Measured& measured, std::size_t setup) {
  const std::size_t reads = setup - 1;
  const auto first_reads = static_cast<double>(measured.reads.distribution(reads, first_read).count);
  return fmt::format(
      "The first lookup after an edit, with {}: {}; the next one {}; {}. {} of the first lookups found the "
      "new value in the cache "
      "already.",
      name_of(setups[setup]), with_interval(measured.reads.median(reads, first_read), "ms"),
      with_interval(measured.reads.median(reads, next_read), "ms"),
      compare_times(
          "the first", "the next",
          paired_ratio(measured.reads.medians(reads, first_read), measured.reads.medians(reads, next_read))),
      percent(measured.found_cached[setup] / first_reads));
}

}  // namespace

Section study_invalidation(Laboratory& laboratory) {
  const std::size_t rounds = laboratory.choose(7U, 3U);
  const int times = laboratory.choose(100, 25);
  Stores stores = laboratory.start(setups);
  std::deque<Clients> clients;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    stock_up(laboratory, stores[i]);
    clients.emplace_back(laboratory, stores[i]);
  }
  Measured measured;
  take_turns(laboratory, rounds, stores.size(), times,
             [&](Turn turn) { measure(clients[turn.setup], measured, turn); });

  Section section{
      .name = "invalidation",
      .title = "The cost of invalidation",
      .question =
          "What do the consistency operations of a write cost, and what is the latency of the miss that "
          "follows?",
      .set_up =
          fmt::format("Seven stores with 0, 1, 2 and 3 front-ends, and --on-write invalidate or "
                      "update. Before each write every front-end looks the book up, so "
                      "that it holds it. Then one client edits the price (at the catalog), looks the "
                      "book up twice through the first front-end, and after "
                      "another look by all buys a copy (at the order service); up to {} times in each of {} "
                      "rounds. No write is acknowledged before every live "
                      "front-end has agreed to give up the old value.",
                      times, rounds)};
  for (const auto write : {editing, buying})
    section.results.push_back(cost_sentence(measured, write, three_invalidated));
  for (const std::size_t setup : {three_invalidated, three_updated})
    section.results.push_back(miss_sentence(measured, setup));
  section.plots.push_back(plot_of(measured));
  section.plots.push_back(latency_plot(measured.reads, "Median response time of lookups after an edit"));
  section.tables.push_back(
      latency_table(measured.writes, "invalidation-writes", "Writes, by who holds the book."));
  section.tables.push_back(
      latency_table(measured.reads, "invalidation-reads", "Lookups right after a price edit."));
  section.remarks.push_back(
      "A front-end that does not hold the book is asked as well: the catalog does not track who holds what, "
      "the lease is one for the whole cache.");
  return section;
}

}  // namespace bazar::experiment
