#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit/report.hpp"
#include "experiment/caller.hpp"
#include "experiment/crash_trial.hpp"
#include "experiment/in_words.hpp"
#include "experiment/studies/studies.hpp"
#include "report/readable.hpp"
#include "report/svg_plot.hpp"

namespace bazar::experiment {

using report::LinePlot;
using report::point;
using report::quantile;
using report::readable;
using report::Series;

namespace {

constexpr double rate_per_s = 400;

struct Victim {
  std::string name;
  std::vector<CrashTrial> trials = {};
};

double or_nan(const std::optional<double>& value) { return value.value_or(std::nan("")); }

std::string median_of(const Victim& victim, std::optional<double> Recovery::* instant) {
  std::vector<double> seen;
  for (const CrashTrial& trial : victim.trials) {
    if (const auto value = trial.recovery.*instant) seen.push_back(*value);
  }
  return seen.empty() ? "never" : fmt::format("after {} ms", readable(quantile(seen, 0.5)));
}

/// The longest time, in whole steps, in which no request succeeded.
double longest_gap_ms(const load::Result& load, milliseconds step) {
  std::int64_t longest = 0, present = 0;
  for (const load::Sample& sample : load.samples) {
    present = sample.succeeded == 0 ? present + 1 : 0;
    longest = std::max(longest, present);
  }
  return static_cast<double>((longest * step).count());
}

std::uint64_t unsuccessful(const load::Result& load) {
  const load::OperationResult all = load.all();
  return all.failed() + all.shed + load.dropped;
}

std::string sentence(const Victim& victim) {
  std::uint64_t requests = 0, failed = 0;
  for (const CrashTrial& trial : victim.trials) {
    requests += trial.load.all().total() + trial.load.dropped;
    failed += unsuccessful(trial.load);
  }
  const std::string masked =
      failed == 0
          ? fmt::format("masked: none of {} requests failed", readable(static_cast<double>(requests)))
          : fmt::format("{} of {} requests failed ({})", failed, readable(static_cast<double>(requests)),
                        percent(static_cast<double>(failed) / static_cast<double>(requests)));
  const bool is_frontend = victim.name.starts_with("frontend");
  return fmt::format(
      "{} killed: {}; noticed {}, started again {}, first answer {}, able to serve {}{} (medians of {}).",
      victim.name, masked, median_of(victim, &Recovery::noticed), median_of(victim, &Recovery::restarted),
      median_of(victim, &Recovery::answered), median_of(victim, &Recovery::ready),
      is_frontend ? ", answering from its cache again " + median_of(victim, &Recovery::cached) : "",
      victim.trials.size());
}

std::string verdict_sentence(const std::vector<Victim>& victims) {
  std::size_t trials = 0, equal = 0, added_up = 0, held = 0;
  std::uint64_t recorded = 0;
  std::string wrong;
  for (const Victim& victim : victims) {
    for (const CrashTrial& trial : victim.trials) {
      ++trials;
      if (trial.disagreements.empty()) ++equal;
      if (trial.stock.adds_up()) ++added_up;
      if (audit::result_of(trial.audit.verdict) == audit::Result::held) ++held;
      recorded += trial.audit.record.operations();
      for (const auto& disagreement : trial.disagreements) wrong += " Differ: " + disagreement + '.';
      for (const auto& finding : trial.audit.verdict.broken) wrong += " Broken: " + finding.text + '.';
      for (const auto& finding : trial.audit.verdict.undecided) wrong += " Undecided: " + finding.text + '.';
    }
  }
  return fmt::format(
      "Afterwards, of {0} crashes: all front-ends, catalogs and order services told the same after {1}; what "
      "was missing of the stock agreed with the "
      "purchases that were acknowledged or left unknown after {2}; and after {3} the audit of {4} recorded "
      "operations found all its promises held "
      "(answers linearizable, stock conserved, one order a sale).{5}",
      trials, equal, added_up, held, readable(static_cast<double>(recorded)), wrong);
}

std::string plot_of(const Victim& victim) {
  const CrashTrial& trial = victim.trials.front();
  Series answered{.name = "answered", .points = {}, .style = Series::Style::area};
  Series failed{.name = "failed", .points = {}, .style = Series::Style::plain_line};
  for (const load::Sample& sample : trial.load.samples) {
    const double at_s = static_cast<double>(sample.at.count()) / 1'000;
    answered.points.push_back(point(at_s, static_cast<double>(sample.succeeded + sample.refused)));
    failed.points.push_back(point(at_s, static_cast<double>(sample.failed + sample.shed + sample.dropped)));
  }
  LinePlot plot{.text = {.title = fmt::format("{} killed under load: answers in each 100 ms", victim.name),
                         .x_label = "time, s",
                         .y_label = "requests in 100 ms"},
                .series = {std::move(answered), std::move(failed)}};
  const auto mark = [&](const std::optional<double>& after_ms, const std::string& label) {
    if (after_ms) plot.instants.push_back({(trial.killed_at_ms + *after_ms) / 1'000, label});
  };
  mark(0, "killed");
  mark(trial.recovery.noticed, "noticed");
  mark(trial.recovery.restarted, "started again");
  mark(trial.recovery.answered, "first answer");
  mark(trial.recovery.ready, "able to serve");
  mark(trial.recovery.cached, "answers from its cache");
  return draw(plot);
}

Table table_of(const std::vector<Victim>& victims) {
  Table table{.name = "crash",
              .caption = "Each crash; times since the kill.",
              .columns = {{.name = "killed"},
                          {.name = "noticed", .unit = "ms"},
                          {.name = "started again", .unit = "ms"},
                          {.name = "first answer", .unit = "ms"},
                          {.name = "able to serve", .unit = "ms"},
                          {.name = "from its cache", .unit = "ms"},
                          {.name = "requests"},
                          {.name = "failed"},
                          {.name = "longest without success", .unit = "ms"},
                          {.name = "p50", .unit = "ms"},
                          {.name = "longest answer", .unit = "ms"},
                          {.name = "copies"},
                          {.name = "stock"},
                          {.name = "audit"}},
              .rows = {}};
  constexpr double ns_in_ms = 1e6;
  for (const Victim& victim : victims) {
    for (const CrashTrial& trial : victim.trials) {
      const load::OperationResult all = trial.load.all();
      const audit::Result verdict = audit::result_of(trial.audit.verdict);
      table.rows.push_back(
          {victim.name, or_nan(trial.recovery.noticed), or_nan(trial.recovery.restarted),
           or_nan(trial.recovery.answered), or_nan(trial.recovery.ready), or_nan(trial.recovery.cached),
           static_cast<double>(all.total() + trial.load.dropped),
           static_cast<double>(unsuccessful(trial.load)), longest_gap_ms(trial.load, milliseconds(100)),
           static_cast<double>(all.latency.quantile(0.5).count()) / ns_in_ms,
           static_cast<double>(all.latency.max().count()) / ns_in_ms,
           std::string(trial.disagreements.empty() ? "equal" : "differ"),
           std::string(trial.stock.adds_up() ? "adds up" : "does not add up"),
           std::string(verdict == audit::Result::held     ? "held"
                       : verdict == audit::Result::broken ? "broken"
                                                          : "undecided")});
    }
  }
  return table;
}

Table time_line_of(const std::vector<Victim>& victims) {
  Table table{.name = "crash-timeline",
              .caption = "",
              .columns = {{.name = "killed"},
                          {.name = "crash"},
                          {.name = "at", .unit = "ms"},
                          {.name = "killed at", .unit = "ms"},
                          {.name = "succeeded"},
                          {.name = "refused"},
                          {.name = "shed"},
                          {.name = "failed"},
                          {.name = "dropped"}},
              .rows = {}};
  for (const Victim& victim : victims) {
    for (std::size_t i = 0; i < victim.trials.size(); ++i) {
      for (const load::Sample& sample : victim.trials[i].load.samples) {
        table.rows.push_back({victim.name, static_cast<double>(i + 1), static_cast<double>(sample.at.count()),
                              victim.trials[i].killed_at_ms, static_cast<double>(sample.succeeded),
                              static_cast<double>(sample.refused), static_cast<double>(sample.shed),
                              static_cast<double>(sample.failed), static_cast<double>(sample.dropped)});
      }
    }
  }
  return table;
}

}  // namespace

Section study_crash(Laboratory& laboratory) {
  const int times = laboratory.choose(3, 1);
  const CrashPlan plan{.victim = {},
                       .kill_after = laboratory.choose(milliseconds(2'000), milliseconds(1'000)),
                       .duration = laboratory.choose(milliseconds(5'000), milliseconds(3'000)),
                       .rate_per_s = rate_per_s};
  std::vector<Victim> victims{{.name = "frontend-1"}, {.name = "catalog-1"}, {.name = "orders-1"}};
  Stores stores = laboratory.start({{.frontends = 2, .catalogs = 2, .orders = 2}});
  stock_up(laboratory, stores[0]);
  int done = 0;
  for (int i = 0; i < times; ++i) {
    for (Victim& victim : victims) {
      CrashPlan mine = plan;
      mine.victim = victim.name;
      victim.trials.push_back(run_crash_trial(laboratory, stores[0], mine));
      laboratory.done(++done / static_cast<double>(times * std::ssize(victims)));
    }
  }

  Section section{
      .name = "crash",
      .title = "A crash under load",
      .question =
          "A process is killed: how long until it is noticed, is it masked, when has it recovered and caught "
          "up, and do all copies end with the same data?",
      .set_up = fmt::format(
          "One store of 2 front-ends, 2 catalogs and 2 order services. Requests come by schedule, {} a "
          "second at random moments (open loop: whether or not the store keeps up), "
          "80 % browsing and 20 % purchases, over {} ms; after {} ms one process gets kill -9. Meanwhile "
          "four more clients read, buy and edit books of their own and record "
          "what they see, for the audit. Each kind of process is killed {} time{}. Clients of the load "
          "generator do not try again and do not turn to "
          "another front-end, as a balancer before them would.",
          rate_per_s, plan.duration.count(), plan.kill_after.count(), times, times == 1 ? "" : "s")};
  for (const Victim& victim : victims) section.results.push_back(sentence(victim));
  section.results.push_back(verdict_sentence(victims));
  for (const Victim& victim : victims) section.plots.push_back(plot_of(victim));
  section.tables.push_back(table_of(victims));
  section.data_only.push_back(time_line_of(victims));
  section.remarks = {
      "Catalogs and order services keep no state of their own and share a database file here, so one that is "
      "back has nothing to catch up with; a front-end starts "
      "with an empty cache and a new lease. How a machine that was away catches up with its own copy of the "
      "data is "
      "seen in the study of the cluster.",
      "When a process was started again and first answered is seen by asking every 5 ms."};
  return section;
}

}  // namespace bazar::experiment
