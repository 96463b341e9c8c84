#include <fmt/format.h>

#include <cmath>
#include <deque>
#include <random>

#include "experiment/caller.hpp"
#include "experiment/in_words.hpp"
#include "experiment/latencies.hpp"
#include "experiment/studies/rounds.hpp"
#include "experiment/studies/studies.hpp"
#include "report/readable.hpp"

namespace bazar::experiment {

using report::Distribution;
using report::Estimate;
using report::LinePlot;
using report::readable;
using report::Series;

namespace {

enum Operation : std::uint8_t { querying, buying };

const std::vector<std::string> store_names{"no cache", "cache, invalidate", "cache, update"};
const std::vector<StoreSetup> store_setups{
    {.cache = "none"}, {.on_write = "invalidate"}, {.on_write = "update"}};

struct Sweep {
  std::vector<int> percents;
  Latencies latencies;  ///< set-ups: of each store all percents
  std::vector<std::uint64_t> queries;
  std::vector<std::uint64_t> hits;

  explicit Sweep(std::vector<int> of)
      : percents(std::move(of)),
        latencies(names(percents), {"query", "buy"}),
        queries(percents.size() * store_names.size()),
        hits(queries.size()) {}

  static std::vector<std::string> names(const std::vector<int>& percents) {
    std::vector<std::string> names;
    for (const std::string& store : store_names) {
      for (const int percent : percents) names.push_back(fmt::format("{}, {} %", store, percent));
    }
    return names;
  }
  [[nodiscard]] std::size_t setup(std::size_t store, std::size_t percent) const {
    return store * percents.size() + percent;
  }
  [[nodiscard]] double hit_ratio(std::size_t setup) const {
    return static_cast<double>(hits[setup]) / static_cast<double>(queries[setup]);
  }
};

/// The course's client: looks a book up, then buys it with that probability.
void measure(Caller& shopper, Sweep& sweep, Turn turn) {
  const std::size_t place = turn.setup % sweep.percents.size();
  // All stores get the same requests in a round.
  std::mt19937_64 random(turn.round * 1'000 + place);
  std::uniform_int_distribution<std::int64_t> any_book(1, demo_books);
  std::bernoulli_distribution wants_it(sweep.percents[place] / 100.0);
  for (int i = 0; turn.goes_on(i); ++i) {
    const std::int64_t book = any_book(random);
    const Reply found = shopper.call(info(book));
    sweep.latencies.add(turn.round, turn.setup, querying, found.ms);
    ++sweep.queries[turn.setup];
    if (found.hit) ++sweep.hits[turn.setup];
    if (wants_it(random))
      sweep.latencies.add(turn.round, turn.setup, buying, shopper.call(purchase(book)).ms);
  }
}

Table table_of(const Sweep& sweep) {
  Table table{
      .name = "purchases",
      .caption = "Response times by how often a query is followed by a purchase.",
      .columns = {{.name = "store"}, {.name = "purchases", .unit = "%"}, {.name = "hit ratio", .unit = "%"}},
      .rows = {}};
  for (const char* const operation : {"query", "buy"}) {
    for (const char* const figure : {"median", "mean", "p90", "p99"})
      table.columns.push_back({.name = fmt::format("{} {}", operation, figure), .unit = "ms"});
  }
  for (std::size_t store = 0; store < store_names.size(); ++store) {
    for (std::size_t place = 0; place < sweep.percents.size(); ++place) {
      const std::size_t setup = sweep.setup(store, place);
      std::vector<Cell> row{store_names[store], static_cast<double>(sweep.percents[place]),
                            100 * sweep.hit_ratio(setup)};
      for (const auto operation : {querying, buying}) {
        const Distribution all = sweep.latencies.distribution(setup, operation);
        if (all.count == 0) {
          row.insert(row.end(), {Estimate{std::nan(""), std::nan(""), std::nan("")}, std::nan(""),
                                 std::nan(""), std::nan("")});
        } else {
          row.insert(row.end(), {sweep.latencies.median(setup, operation), all.mean, all.p90, all.p99});
        }
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

std::string plot_of(const Sweep& sweep, Operation operation, std::string title) {
  LinePlot plot{.text = {.title = std::move(title),
                         .x_label = "probability that a query is followed by a purchase, %",
                         .y_label = "median response time, ms"},
                .series = {}};
  for (std::size_t store = 0; store < store_names.size(); ++store) {
    Series series{.name = store_names[store], .points = {}};
    for (std::size_t place = 0; place < sweep.percents.size(); ++place) {
      const std::size_t setup = sweep.setup(store, place);
      if (sweep.latencies.distribution(setup, operation).count > 0) {
        series.points.push_back(
            {static_cast<double>(sweep.percents[place]), sweep.latencies.median(setup, operation)});
      }
    }
    plot.series.push_back(std::move(series));
  }
  return draw(plot);
}

std::string sentence(const Sweep& sweep, std::size_t store) {
  const std::size_t first = sweep.setup(store, 0);
  const std::size_t last = sweep.setup(store, sweep.percents.size() - 1);
  return fmt::format(
      "{}: {}. A query took {} on average without purchases and {} with {} %, and {} and {} of the queries "
      "were hits.",
      store_names[store],
      compare_times(fmt::format("a query with {} % purchases", sweep.percents.back()), "one without",
                    sweep.latencies.ratio(last, first, querying)),
      readable(sweep.latencies.distribution(first, querying).mean) + " ms",
      readable(sweep.latencies.distribution(last, querying).mean) + " ms", sweep.percents.back(),
      percent(sweep.hit_ratio(first)), percent(sweep.hit_ratio(last)));
}

}  // namespace

Section study_purchases(Laboratory& laboratory) {
  const std::size_t rounds = laboratory.choose(5U, 3U);
  const int times = laboratory.choose(250, 60);
  Sweep sweep(laboratory.quick() ? std::vector{0, 20, 40, 60, 80}
                                 : std::vector{0, 10, 20, 30, 40, 50, 60, 70, 80});
  Stores stores = laboratory.start(store_setups);
  std::deque<Caller> shoppers;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    stock_up(laboratory, stores[i]);
    shoppers.emplace_back(laboratory, stores[i].frontend());
  }
  // By percent, so that the stores take turns with the same requests.
  const std::size_t places = sweep.percents.size();
  take_turns(laboratory, rounds, places * stores.size(), times, [&](Turn turn) {
    const std::size_t store = turn.setup % stores.size();
    turn.setup = sweep.setup(store, turn.setup / stores.size());
    measure(shoppers[store], sweep, turn);
  });

  Section section{
      .name = "purchases",
      .title = "The more is bought",
      .question =
          "How do query and buy fare when more and more queries are followed by a purchase, which outdates "
          "what is cached?",
      .set_up = fmt::format("Three stores with one front-end each: without a cache, with one whose entries a "
                            "write invalidates, and with one that is sent the new values. One "
                            "client looks up one of the seven books at random and buys it with the given "
                            "probability; up to {} queries for each probability in "
                            "each of {} rounds.",
                            times, rounds)};
  for (std::size_t store = 0; store < store_names.size(); ++store)
    section.results.push_back(sentence(sweep, store));
  section.plots.push_back(plot_of(sweep, querying, "Query: median response time by share of purchases"));
  section.plots.push_back(plot_of(sweep, buying, "Buy: median response time by share of purchases"));
  section.tables.push_back(table_of(sweep));
  return section;
}

}  // namespace bazar::experiment
