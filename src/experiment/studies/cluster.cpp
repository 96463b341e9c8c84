#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <fstream>

#include "experiment/caller.hpp"
#include "experiment/failover.hpp"
#include "experiment/in_words.hpp"
#include "experiment/latencies.hpp"
#include "experiment/studies/rounds.hpp"
#include "experiment/studies/studies.hpp"
#include "report/readable.hpp"
#include "report/svg_plot.hpp"

namespace bazar::experiment {

using report::Instant;
using report::LinePlot;
using report::point;
using report::readable;
using report::Series;

namespace {

constexpr double rate_per_s = 100;
constexpr double share_of_purchases = 0.2;
constexpr milliseconds step{500};
constexpr std::size_t rounds = 5;
constexpr int times = 60;
/// Of the study, that response times take.
constexpr double part_of_latencies = 0.4;

enum Setup : std::uint8_t { one_machine, cluster };
enum Operation : std::uint8_t { looking_up, listing, buying, editing };

double ms_between(SteadyTime begin, SteadyTime end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

std::string readable_ms(SteadyTime begin, SteadyTime end) { return readable(ms_between(begin, end)) + " ms"; }

// --- response times

std::string first_line(const std::string& file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

void measure(Caller& client, Latencies& latencies, Turn turn) {
  for (int i = 0; turn.goes_on(i); ++i) {
    const std::int64_t book = 1 + i % demo_books;
    latencies.add(turn.round, turn.setup, looking_up, client.call(info(book)).ms);
    latencies.add(turn.round, turn.setup, listing, client.call(list_books()).ms);
    latencies.add(turn.round, turn.setup, buying, client.call(purchase(book)).ms);
    latencies.add(turn.round, turn.setup, editing, client.call(set_price(book, 1'000 + i)).ms);
  }
}

Latencies measure_latencies(Laboratory& laboratory, Store& store, const RehearsalStatus& rehearsed) {
  std::deque<Caller> clients;
  clients.emplace_back(laboratory, store.frontend(), store.shopkeeper_token());
  clients.emplace_back(laboratory, http::parse_endpoint(rehearsed.machines.front().frontend).value(),
                       first_line(rehearsed.shopkeeper_token_file));
  for (Caller& client : clients) stock_up(client);
  Latencies latencies({"one machine", "cluster"}, {"info", "list, from a catalog", "purchase", "price edit"});
  take_turns(
      laboratory, rounds, clients.size(), times,
      [&](Turn turn) { measure(clients[turn.setup], latencies, turn); }, part_of_latencies);
  return latencies;
}

// --- the failover

enum class Phase : std::uint8_t { before, without_primary, two_machines, whole };
constexpr std::array phases{Phase::before, Phase::without_primary, Phase::two_machines, Phase::whole};

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::before:
      return "before the kill";
    case Phase::without_primary:
      return "until purchases again";
    case Phase::two_machines:
      return "until whole again";
    case Phase::whole:
      return "whole again";
  }
  return {};
}

Phase phase_of(const Failover& failover, const Errand& errand) {
  if (errand.due < failover.marks.killed) return Phase::before;
  if (errand.due < failover.marks.purchases_again) return Phase::without_primary;
  return errand.due < failover.whole ? Phase::two_machines : Phase::whole;
}

/// Of the requests that `belongs` says yes to.
template <class Belongs>
Fares fares_of(const Failover& failover, const Belongs& belongs) {
  Fares fares;
  for (const Errand& errand : failover.errands) {
    if (belongs(errand)) fares.count(errand);
  }
  return fares;
}

std::string recovery_sentence(const Failover& failover) {
  const FailoverMarks& marks = failover.marks;
  return fmt::format(
      "{}, the primary's machine, killed: {}; no purchase was answered for {}, purchases came back {} after "
      "the "
      "kill. Switched on again, it had caught up and the cluster was whole after {}.",
      failover.machine,
      marks.noticed ? fmt::format("noticed after {}, by the first lookup that was answered from a standby",
                                  readable_ms(marks.killed, *marks.noticed))
                    : "no lookup had to be answered from a standby",
      readable_ms(marks.last_purchase, marks.purchases_again),
      readable_ms(marks.killed, marks.purchases_again), readable_ms(failover.switched_on, failover.whole));
}

std::string masking_sentence(const Failover& failover) {
  const auto without_primary = [&](Errand::Kind kind, bool of_victim) {
    return fares_of(failover, [&, kind, of_victim](const Errand& errand) {
      return errand.kind == kind && (errand.frontend == failover.victim) == of_victim &&
             phase_of(failover, errand) == Phase::without_primary;
    });
  };
  const Fares lookups = without_primary(Errand::Kind::lookup, false);
  const Fares purchases = without_primary(Errand::Kind::purchase, false);
  const Fares all = fares_of(failover, [](const Errand&) { return true; });
  const Fares to_victim = fares_of(failover, [&](const Errand& errand) {
    return errand.frontend == failover.victim && phase_of(failover, errand) != Phase::before;
  });
  return fmt::format(
      "Masked meanwhile, at the two other machines: {} of {} lookups were answered, {} of them from a "
      "standby "
      "and labelled so (Bazar-As-Of); and {} of {} purchases. Of all {} requests, {} failed, {} of them at "
      "the "
      "killed machine's own front-end, and {} were told to come again later (503).",
      lookups.answered, lookups.requests, lookups.labelled, purchases.answered, purchases.requests,
      all.requests, all.failed, to_victim.failed, all.told_to_wait);
}

std::string copies_sentence(const Failover& failover) {
  return fmt::format(
      "Afterwards: {} of {} acknowledged orders lost; copies {}.",
      failover.lost == 0 ? "none" : fmt::to_string(failover.lost), failover.acknowledged,
      failover.copies.good ? failover.copies.text : "not found equal: " + failover.copies.text);
}

struct Step {
  double answered = 0;
  double labelled = 0;
  double told_to_wait = 0;
  double failed = 0;
};

/// By when requests ended.
std::vector<Step> steps_of(const Failover& failover) {
  std::vector<Step> steps;
  for (const Errand& errand : failover.errands) {
    const auto at = static_cast<std::size_t>((errand.ended - failover.begun) / step);
    if (at >= steps.size()) steps.resize(at + 1);
    switch (errand.fate) {
      case Errand::Fate::answered:
        ++steps[at].answered;
        if (errand.labelled) ++steps[at].labelled;
        break;
      case Errand::Fate::told_to_wait:
        ++steps[at].told_to_wait;
        break;
      case Errand::Fate::failed:
        ++steps[at].failed;
        break;
    }
  }
  return steps;
}

constexpr double step_s = std::chrono::duration<double>(step).count();

std::string plot_of(const Failover& failover, const std::vector<Step>& steps) {
  Series answered{.name = "answered", .points = {}, .style = Series::Style::area};
  Series failed{
      .name = "failed, or told to come again later", .points = {}, .style = Series::Style::plain_line};
  Series labelled{.name = "of them from a standby", .points = {}, .style = Series::Style::plain_line};
  // Without the last, in which the load ended.
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const double at_s = step_s * static_cast<double>(i);
    answered.points.push_back(point(at_s, steps[i].answered));
    failed.points.push_back(point(at_s, steps[i].failed + steps[i].told_to_wait));
    labelled.points.push_back(point(at_s, steps[i].labelled));
  }
  LinePlot plot{
      .text = {.title = fmt::format("{}, the primary's machine, killed under load: answers in each {} ms",
                                    failover.machine, step.count()),
               .x_label = "time, s",
               .y_label = fmt::format("requests in {} ms", step.count())},
      .series = {std::move(answered), std::move(labelled), std::move(failed)}};
  const auto mark = [&](SteadyTime at, const std::string& label) {
    plot.instants.push_back({ms_between(failover.begun, at) / 1'000, label});
  };
  mark(failover.marks.last_purchase, "last answered purchase");
  mark(failover.marks.killed, "killed");
  if (failover.marks.noticed) mark(*failover.marks.noticed, "noticed: first answer from a standby");
  mark(failover.marks.purchases_again, "purchases again");
  mark(failover.switched_on, "machine on again");
  mark(failover.whole, "whole again");
  std::ranges::sort(plot.instants, {}, &Instant::x);
  return draw(plot);
}

Table fares_table(const Failover& failover) {
  Table table{.name = "cluster-failover",
              .caption = fmt::format("What became of the requests, by when they were due; {} was killed.",
                                     failover.machine),
              .columns = {{.name = "due"},
                          {.name = "request"},
                          {.name = "front-end"},
                          {.name = "requests"},
                          {.name = "answered"},
                          {.name = "of them from a standby"},
                          {.name = "told to come again"},
                          {.name = "failed"}},
              .rows = {}};
  for (const Phase phase : phases) {
    for (const Errand::Kind kind : {Errand::Kind::lookup, Errand::Kind::purchase}) {
      for (const bool of_victim : {true, false}) {
        const Fares fares = fares_of(failover, [&](const Errand& errand) {
          return phase_of(failover, errand) == phase && errand.kind == kind &&
                 (errand.frontend == failover.victim) == of_victim;
        });
        table.rows.push_back(
            {std::string(name_of(phase)), std::string(kind == Errand::Kind::lookup ? "lookup" : "purchase"),
             of_victim ? failover.machine : "the two others", static_cast<double>(fares.requests),
             static_cast<double>(fares.answered), static_cast<double>(fares.labelled),
             static_cast<double>(fares.told_to_wait), static_cast<double>(fares.failed)});
      }
    }
  }
  return table;
}

Table time_line(const std::vector<Step>& steps) {
  Table table{.name = "cluster-timeline",
              .caption = "",
              .columns = {{.name = "at", .unit = "ms"},
                          {.name = "answered"},
                          {.name = "of them from a standby"},
                          {.name = "told to come again"},
                          {.name = "failed"}},
              .rows = {}};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    table.rows.push_back({static_cast<double>(step.count()) * static_cast<double>(i), steps[i].answered,
                          steps[i].labelled, steps[i].told_to_wait, steps[i].failed});
  }
  return table;
}

// --- the section

Section heading() {
  return {.name = "cluster",
          .title = "Three machines with PostgreSQL",
          .question =
              "What do copies on three machines cost, and what becomes of shoppers and of data when the "
              "primary's machine dies?"};
}

Section skipped(const std::string& why) {
  Section section = heading();
  section.results.push_back(fmt::format("Skipped: {}.", why));
  return section;
}

Task<> ask_status(Rehearsal& rehearsal, RehearsalStatus& status) { status = co_await rehearsal.status(); }

Section perform(Laboratory& laboratory) {
  Rehearsal rehearsal(laboratory);
  RehearsalStatus status;
  laboratory.run(ask_status(rehearsal, status));
  Section section = heading();
  {
    Stores stores = laboratory.start({{}});
    const Latencies latencies = measure_latencies(laboratory, stores[0], status);
    for (const auto operation : {looking_up, listing, buying, editing}) {
      section.results.push_back(fmt::format(
          "{}: {} on one machine, {} on the cluster; {}.", latencies.operations()[operation],
          with_interval(latencies.median(one_machine, operation), "ms"),
          with_interval(latencies.median(cluster, operation), "ms"),
          compare_times("the cluster", "one machine", latencies.ratio(cluster, one_machine, operation))));
    }
    section.plots.push_back(
        latency_plot(latencies, "Median response time on one machine and on the cluster"));
    section.tables.push_back(latency_table(latencies, "cluster", "Response times of one client."));
  }
  const Failover failover = run_failover(
      laboratory, rehearsal,
      {.rate_per_s = rate_per_s, .purchases = share_of_purchases, .done_before = part_of_latencies});
  section.set_up = fmt::format(
      "Three machines, each in network namespaces of its own on this host, started by tools/cluster: on each "
      "a "
      "front-end, a catalog, an order service, PostgreSQL under Patroni, and etcd; a commit waits for a "
      "synchronous "
      "standby. Beside it a store of one machine: the same servers once, over SQLite. First one client asks "
      "one "
      "front-end of either for one thing after the other: a lookup, a list of all books, a purchase, a price "
      "edit; "
      "up to {} of each in each of {} rounds. Then, with the one-machine store ended, shoppers come to the "
      "cluster's three front-ends in turn, by schedule, {} a second at random moments (open loop), {} of "
      "them to "
      "buy; none tries again or turns to another machine, as a balancer before them would, and each waits 2 "
      "s at "
      "most. The machine of the primary gets no more power and no more network, and is switched on again 5 s "
      "after "
      "purchases have come back.",
      times, rounds, rate_per_s, percent(share_of_purchases));
  section.results.push_back(recovery_sentence(failover));
  section.results.push_back(masking_sentence(failover));
  section.results.push_back(copies_sentence(failover));
  const std::vector<Step> steps = steps_of(failover);
  section.plots.push_back(plot_of(failover, steps));
  section.tables.push_back(fares_table(failover));
  section.data_only.push_back(time_line(steps));
  section.remarks = {
      "All machines share this one's cores and disk, and a network without delay: synchronous copying costs "
      "a "
      "round trip and another machine's disk more where they are real, and less where processor time is what "
      "is "
      "short here.",
      "info is answered by the front-end's cache as soon as it holds the book, and so is the same with "
      "either; a "
      "list is never.",
      "Killed is when the machine's own front-end answered for the last time. How long purchases are away is "
      "for "
      "the most part Patroni's ttl of 20 s, after which the lock of a primary that says nothing expires. "
      "Whether "
      "the cluster is whole again is asked about once a second."};
  return section;
}

}  // namespace

Section study_cluster(Laboratory& laboratory) {
  if (laboratory.quick()) return skipped("it takes two minutes, which is not quick");
  try {
    return perform(laboratory);
  } catch (const CannotRehearse& reason) {
    return skipped(reason.what());
  }
}

}  // namespace bazar::experiment
