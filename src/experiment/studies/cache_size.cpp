#include <fmt/format.h>

#include <cmath>

#include "experiment/caller.hpp"
#include "experiment/che_approximation.hpp"
#include "experiment/in_words.hpp"
#include "experiment/studies/studies.hpp"
#include "report/readable.hpp"
#include "report/svg_plot.hpp"

namespace bazar::experiment {

using report::Estimate;
using report::estimate;
using report::LinePlot;
using report::point;
using report::readable;
using report::Scaling;
using report::Series;

namespace {

constexpr std::int64_t books = 1'000;
constexpr std::int64_t first_book = demo_books + 1;
constexpr double exponent = 0.9;
constexpr std::size_t connections = 8;
constexpr int points_of_theory = 60;

struct Result {
  std::size_t capacity = 0;
  std::vector<double> hit_ratios = {};  ///< by round
  double predicted = 0;
};

/// Of ranks 1, 2, …; as load::Plan::zipf_exponent means it.
std::vector<double> zipf_popularity() {
  std::vector<double> popularity;
  double sum = 0;
  for (std::int64_t rank = 1; rank <= books; ++rank) {
    popularity.push_back(std::pow(static_cast<double>(rank), -exponent));
    sum += popularity.back();
  }
  for (double& share : popularity) share /= sum;
  return popularity;
}

void add_books(Laboratory& laboratory, const Store& store) {
  std::string body = R"({"items":[)";
  for (std::int64_t id = first_book; id < first_book + books; ++id) {
    body += fmt::format(
        R"({}{{"key":"experiment:{}","book":{{"id":{},"title":"Experiment {}","topic":"experiment","price":10,"quantity":1}}}})",
        id == first_book ? "" : ",", id, id, id);
  }
  Caller catalog(laboratory, store.endpoints("catalog").at(0), store.service_token());
  (void)catalog.call({.method = http::Method::post, .target = "/books/batch", .body = body + "]}"});
}

load::Plan plan_for(Laboratory& laboratory, const Store& store, std::uint64_t seed) {
  load::Plan plan{.targets = {store.frontend()},
                  .mix = load::only(load::Operation::lookup),
                  .books = {},
                  .zipf_exponent = exponent,
                  .popularity = {},
                  .topics = {},
                  .connections = connections,
                  .warmup = laboratory.choose(milliseconds(2'500), milliseconds(700)),
                  .duration = laboratory.choose(milliseconds(2'500), milliseconds(700)),
                  .seed = seed};
  for (std::int64_t id = first_book; id < first_book + books; ++id) plan.books.push_back({id});
  return plan;
}

void measure(Laboratory& laboratory, const std::filesystem::path& folder, Result& result,
             std::uint64_t seed) {
  Stores stores = laboratory.start_on({.cache = fmt::format("lru://?entries={}", result.capacity)}, folder);
  const load::OperationResult lookups =
      laboratory.run(plan_for(laboratory, stores[0], seed)).of(load::Operation::lookup);
  if (lookups.hits + lookups.misses == 0) throw std::runtime_error("no lookup was answered");
  result.hit_ratios.push_back(static_cast<double>(lookups.hits) /
                              static_cast<double>(lookups.hits + lookups.misses + lookups.bypasses));
}

Estimate in_percent(const Estimate& share) { return {100 * share.value, 100 * share.low, 100 * share.high}; }

std::string plot_of(const std::vector<Result>& results, const std::vector<double>& popularity) {
  Series measured{.name = "measured", .points = {}};
  for (const Result& result : results) {
    measured.points.push_back(
        {static_cast<double>(result.capacity), in_percent(estimate(result.hit_ratios))});
  }
  Series theory{.name = "LRU theory (Che)", .points = {}, .style = Series::Style::dashed_line};
  const auto first = static_cast<double>(results.front().capacity);
  const auto last = static_cast<double>(results.back().capacity);
  for (int i = 0; i <= points_of_theory; ++i) {
    const double capacity =
        std::round(first * std::pow(last / first, i / static_cast<double>(points_of_theory)));
    theory.points.push_back(
        point(capacity, 100 * lru_hit_ratio(popularity, static_cast<std::size_t>(capacity))));
  }
  return draw(LinePlot{.text = {.title = "Hit ratio by size of the cache",
                                .x_label = "books that the cache holds",
                                .y_label = "lookups that are hits, %"},
                       .series = {std::move(measured), std::move(theory)},
                       .x_scaling = Scaling::logarithmic,
                       .y_at_least = 100});
}

Table table_of(const std::vector<Result>& results) {
  Table table{.name = "cache-size",
              .caption = "Hit ratio of lookups by size of the cache.",
              .columns = {{.name = "entries"},
                          {.name = "of the books", .unit = "%"},
                          {.name = "measured", .unit = "%"},
                          {.name = "theory", .unit = "%"},
                          {.name = "measured less theory", .unit = "points"}},
              .rows = {}};
  for (const Result& result : results) {
    const Estimate ratio = estimate(result.hit_ratios);
    table.rows.push_back({static_cast<double>(result.capacity),
                          100.0 * static_cast<double>(result.capacity) / books, in_percent(ratio),
                          100 * result.predicted, 100 * (ratio.value - result.predicted)});
  }
  return table;
}

std::string sentence(const std::vector<Result>& results) {
  double farthest = 0;
  const Result* where = &results.front();
  for (const Result& result : results) {
    const double off = estimate(result.hit_ratios).value - result.predicted;
    if (std::abs(off) > std::abs(farthest)) {
      farthest = off;
      where = &result;
    }
  }
  return fmt::format(
      "A cache of {} of {} books answers {} of the lookups, one of {} answers {}; the measured ratio is "
      "farthest from LRU theory at {} entries, by {} "
      "percentage points.",
      results.front().capacity, books, percent(estimate(results.front().hit_ratios).value),
      results.back().capacity, percent(estimate(results.back().hit_ratios).value), where->capacity,
      readable(100 * farthest));
}

}  // namespace

Section study_cache_size(Laboratory& laboratory) {
  const int rounds = laboratory.choose(3, 1);
  const std::vector<std::size_t> capacities = laboratory.quick()
                                                  ? std::vector<std::size_t>{10, 100, 500}
                                                  : std::vector<std::size_t>{10, 20, 50, 100, 200, 500, 800};
  const std::vector<double> popularity = zipf_popularity();
  const auto folder = laboratory.new_folder();
  add_books(laboratory, laboratory.start_on({}, folder)[0]);
  std::vector<Result> results;
  results.reserve(capacities.size());
  for (const std::size_t capacity : capacities)
    results.push_back({.capacity = capacity, .predicted = lru_hit_ratio(popularity, capacity)});
  int done = 0;
  for (int round = 0; round < rounds; ++round) {
    for (Result& result : results) {
      measure(laboratory, folder, result, static_cast<std::uint64_t>(round) + 1);
      laboratory.done(++done / static_cast<double>(rounds * std::ssize(results)));
    }
  }

  Section section{
      .name = "cache-size",
      .title = "Size of the cache",
      .question =
          "How many lookups does a cache of a given size answer, and is that what the theory of LRU says?",
      .set_up =
          fmt::format("One store with {} books besides the demo's; its front-end is started anew with each "
                      "size of cache. {} connections look books up as fast as they are answered, "
                      "the book of rank r with a probability proportional to 1 / r^{} (Zipf's law); {} run{} "
                      "a size, each measured after as long a warm-up. The theory is Che's approximation "
                      "for independent requests (Che, Tung and Wang 2002).",
                      books, connections, exponent, rounds, rounds == 1 ? "" : "s")};
  section.results.push_back(sentence(results));
  section.plots.push_back(plot_of(results, popularity));
  section.tables.push_back(table_of(results));
  return section;
}

}  // namespace bazar::experiment
