#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/caller.hpp"
#include "experiment/in_words.hpp"
#include "experiment/studies/rounds.hpp"
#include "experiment/studies/studies.hpp"
#include "report/readable.hpp"
#include "report/svg_plot.hpp"

namespace bazar::experiment {

using report::BarPlot;
using report::Estimate;
using report::estimate_positive;
using report::paired_ratio;
using report::readable;

namespace {

constexpr unsigned most_frontends = 3;
constexpr std::size_t connections = 48;

struct Kind {
  std::string name;
  load::Mix mix;
};

struct Rates {
  std::vector<double> per_s = {};  ///< by round
  double hits = 0;
  double answers = 0;
  double generator_cpu = 0;  ///< the most of all rounds
};

load::Plan plan_for(Laboratory& laboratory, const Store& store, const load::Mix& mix, std::uint64_t seed) {
  load::Plan plan{.targets = store.endpoints("frontend"),
                  .mix = mix,
                  .books = {},
                  .popularity = {},
                  .topics = {},
                  .connections = connections,
                  .warmup = laboratory.choose(milliseconds(500), milliseconds(200)),
                  .duration = laboratory.choose(milliseconds(2'000), milliseconds(500)),
                  .seed = seed};
  for (std::int64_t id = 1; id <= demo_books; ++id) plan.books.push_back({id});
  for (const std::string& topic : demo_topics) plan.topics.push_back({.name = topic});
  return plan;
}

void add(Rates& rates, const load::Result& result) {
  const load::OperationResult all = result.all();
  rates.per_s.push_back(result.goodput_per_s);
  rates.hits += static_cast<double>(all.hits);
  rates.answers += static_cast<double>(all.hits + all.misses + all.bypasses);
  rates.generator_cpu = std::max(rates.generator_cpu, result.generator_cpu);
}

std::string sentence(const Kind& kind, const std::vector<Rates>& rates) {
  const Estimate ratio = paired_ratio(rates[most_frontends - 1].per_s, rates[0].per_s);
  const std::string compared =
      ratio.contains(1) ? "no difference can be told from the noise"
                        : fmt::format("three answer {} times as many as one", readable(ratio.value));
  return fmt::format("{}: {} with one front-end, {} with two, {} with three; {}.", kind.name,
                     with_interval(estimate_positive(rates[0].per_s), "requests/s"),
                     with_interval(estimate_positive(rates[1].per_s), "requests/s"),
                     with_interval(estimate_positive(rates[2].per_s), "requests/s"), compared);
}

}  // namespace

Section study_frontends(Laboratory& laboratory) {
  const std::size_t rounds = laboratory.choose(5U, 3U);
  const std::vector<Kind> kinds{{"cached lookups", load::only(load::Operation::lookup)},
                                {"shopping mix", load::find_mix("shop").value()},
                                {"purchases", load::only(load::Operation::purchase)}};
  std::vector<StoreSetup> setups;
  for (unsigned i = 1; i <= most_frontends; ++i) setups.push_back({.frontends = i});
  Stores stores = laboratory.start(setups);
  for (std::size_t i = 0; i < stores.size(); ++i) stock_up(laboratory, stores[i]);
  std::vector<std::vector<Rates>> rates(kinds.size(), std::vector<Rates>(stores.size()));
  take_turns(laboratory, rounds, stores.size() * kinds.size(), 1, [&](Turn turn) {
    const std::size_t kind = turn.setup / stores.size();
    const std::size_t store = turn.setup % stores.size();
    add(rates[kind][store],
        laboratory.run(plan_for(laboratory, stores[store], kinds[kind].mix, turn.round + 1)));
  });

  Section section{
      .name = "frontends",
      .title = "One, two and three front-ends",
      .question = "Do more front-ends answer more?",
      .set_up = fmt::format("Three stores with 1, 2 and 3 front-ends, one catalog and one order service. {} "
                            "connections, spread over all front-ends, ask for the next thing "
                            "as soon as they have an answer (closed loop), from the same machine: lookups of "
                            "the seven books, purchases of them, and a shopping mix "
                            "(TPC-W: 80 % browsing, 20 % ordering); {} rounds.",
                            connections, rounds)};
  BarPlot plot{
      .text = {.title = "Throughput by front-ends", .x_label = "", .y_label = "successful answers a second"},
      .series = {"1 front-end", "2 front-ends", "3 front-ends"},
      .groups = {}};
  Table table{.name = "frontends",
              .caption = "Successful answers a second at full load, by front-ends.",
              .columns = {{.name = "load"},
                          {.name = "front-ends"},
                          {.name = "throughput", .unit = "1/s"},
                          {.name = "hit ratio of reads", .unit = "%"},
                          {.name = "generator's use of a core, at most", .unit = "%"}},
              .rows = {}};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    BarPlot::Group group{.name = kinds[kind].name, .bars = {}};
    for (std::size_t store = 0; store < stores.size(); ++store) {
      const Rates& rate = rates[kind][store];
      group.bars.push_back(estimate_positive(rate.per_s));
      table.rows.push_back({kinds[kind].name, static_cast<double>(store + 1), estimate_positive(rate.per_s),
                            rate.answers > 0 ? 100 * rate.hits / rate.answers : std::nan(""),
                            100 * rate.generator_cpu});
    }
    plot.groups.push_back(std::move(group));
    section.results.push_back(sentence(kinds[kind], rates[kind]));
  }
  section.plots.push_back(draw(plot));
  section.remarks.push_back(
      "A front-end works on one core. On a machine whose cores are all busy already, with the load generator "
      "among what keeps them so, "
      "more front-ends cannot answer more; they then only show what it costs to have them.");
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace bazar::experiment
