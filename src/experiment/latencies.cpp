#include "experiment/latencies.hpp"

#include <algorithm>

namespace bazar::experiment {

using report::BarPlot;
using report::describe;
using report::Distribution;
using report::Estimate;
using report::estimate;
using report::estimate_positive;
using report::paired_ratio;
using report::quantile;

Latencies::Latencies(std::vector<std::string> setups, std::vector<std::string> operations)
    : setups_(std::move(setups)),
      operations_(std::move(operations)),
      samples_(setups_.size() * operations_.size()) {}

void Latencies::add(std::size_t round, std::size_t setup, std::size_t operation, double ms) {
  Rounds& rounds = samples_.at(setup * operations_.size() + operation);
  rounds.resize(std::max(rounds.size(), round + 1));
  rounds[round].push_back(ms);
}

const Latencies::Rounds& Latencies::rounds_of(std::size_t setup, std::size_t operation) const {
  return samples_.at(setup * operations_.size() + operation);
}

Distribution Latencies::distribution(std::size_t setup, std::size_t operation) const {
  std::vector<double> all;
  for (const auto& round : rounds_of(setup, operation)) all.insert(all.end(), round.begin(), round.end());
  return describe(std::move(all));
}

std::vector<double> Latencies::medians(std::size_t setup, std::size_t operation) const {
  std::vector<double> medians;
  for (const auto& round : rounds_of(setup, operation)) {
    if (!round.empty()) medians.push_back(quantile(round, 0.5));
  }
  return medians;
}

Estimate Latencies::median(std::size_t setup, std::size_t operation) const {
  return estimate_positive(medians(setup, operation));
}

Estimate Latencies::ratio(std::size_t setup, std::size_t other, std::size_t operation) const {
  return paired_ratio(medians(setup, operation), medians(other, operation));
}

Estimate Latencies::difference(std::size_t setup, std::size_t other, std::size_t operation) const {
  std::vector<double> differences = medians(setup, operation);
  const std::vector<double> subtracted = medians(other, operation);
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= subtracted.at(i);
  return estimate(differences);
}

Table latency_table(const Latencies& latencies, std::string name, std::string caption) {
  Table table{.name = std::move(name),
              .caption = std::move(caption),
              .columns = {{.name = "operation"},
                          {.name = "set-up"},
                          {.name = "measured"},
                          {.name = "median", .unit = "ms"},
                          {.name = "mean", .unit = "ms"},
                          {.name = "p90", .unit = "ms"},
                          {.name = "p99", .unit = "ms"},
                          {.name = "longest", .unit = "ms"}},
              .rows = {}};
  for (std::size_t o = 0; o < latencies.operations().size(); ++o) {
    for (std::size_t s = 0; s < latencies.setups().size(); ++s) {
      const Distribution all = latencies.distribution(s, o);
      table.rows.push_back({latencies.operations()[o], latencies.setups()[s], static_cast<double>(all.count),
                            latencies.median(s, o), all.mean, all.p90, all.p99, all.max});
    }
  }
  return table;
}

std::string latency_plot(const Latencies& latencies, std::string title) {
  BarPlot plot{.text = {.title = std::move(title), .x_label = "", .y_label = "median response time, ms"},
               .series = latencies.setups(),
               .groups = {}};
  for (std::size_t o = 0; o < latencies.operations().size(); ++o) {
    BarPlot::Group group{.name = latencies.operations()[o], .bars = {}};
    for (std::size_t s = 0; s < latencies.setups().size(); ++s) group.bars.push_back(latencies.median(s, o));
    plot.groups.push_back(std::move(group));
  }
  return draw(plot);
}

}  // namespace bazar::experiment
