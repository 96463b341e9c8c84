#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "load/report.hpp"
#include "report/plot_style.hpp"
#include "report/readable.hpp"
#include "report/svg_plot.hpp"

namespace bazar::load {
namespace {

using report::escape_markup;
using report::LinePlot;
using report::point;
using report::Scaling;
using report::Series;

constexpr std::string_view style = R"css(
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
td,th{padding:.25rem .5rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
td:first-child,th:first-child{text-align:left}
.note{border-left:4px solid var(--c1);padding:.4rem .75rem;background:var(--box)}
)css";

/// A logarithmic axis has no place for 0, and nothing over a network takes less.
constexpr nanoseconds least_drawn = std::chrono::microseconds(1);

double in_ms(nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

double in_s(milliseconds time) { return std::chrono::duration<double>(time).count(); }

double drawn(nanoseconds latency) { return in_ms(std::max(latency, least_drawn)); }

template <class Do>
void for_each_kind(const Result& result, Do&& what) {
  for (const Operation operation : operations) {
    if (result.of(operation).total() > 0) what(to_string(operation), result.of(operation));
  }
}

/// Up to the share beyond which one request decides.
Series percentiles(std::string_view name, const Histogram& latency) {
  constexpr double step = 0.05;
  Series series{.name = std::string(name), .points = {}, .style = Series::Style::plain_line};
  const double end = std::log10(static_cast<double>(latency.count()));
  const auto steps = std::lround(std::ceil(end / step));
  for (long i = 0; i <= steps; ++i) {
    const double share = 1 - std::pow(10, -std::min(static_cast<double>(i) * step, end));
    series.points.push_back(point(share, drawn(latency.quantile(share))));
  }
  return series;
}

std::string percentile_plot(const Result& result) {
  LinePlot plot{.text = {.title = "Latency, by the share of requests that took no longer",
                         .x_label = "share of requests",
                         .y_label = "latency, ms"},
                .series = {},
                .x_scaling = Scaling::nines,
                .y_scaling = Scaling::logarithmic};
  for_each_kind(result, [&](std::string_view name, const OperationResult& kind) {
    if (kind.latency.count() > 0) plot.series.push_back(percentiles(name, kind.latency));
  });
  // A single series has no legend.
  if (plot.series.size() == 1) plot.text.y_label = fmt::format("latency of {}, ms", plot.series[0].name);
  return draw(plot);
}

LinePlot by_second(const Plan& plan, std::string title, std::string y_label) {
  LinePlot plot{.text = {.title = std::move(title), .x_label = "time, s", .y_label = std::move(y_label)},
                .series = {}};
  if (plan.warmup.count() > 0)
    plot.instants.push_back({.x = in_s(plan.warmup), .label = "measured from here"});
  return plot;
}

/// `value` of each sample that `has` one.
template <class Has, class Value>
Series over_time(std::string name, const Plan& plan, const Result& result, Has&& has, Value&& value) {
  Series series{.name = std::move(name), .points = {}, .style = Series::Style::plain_line};
  for (const Sample& sample : result.samples) {
    if (has(sample)) series.points.push_back(point(in_s(sample.at + plan.warmup), value(sample)));
  }
  return series;
}

std::string rate_plot(const Plan& plan, const Result& result) {
  LinePlot plot = by_second(plan, "Answers a second, by the second of the run", "answers a second");
  const auto add = [&](std::string name, auto count) {
    plot.series.push_back(over_time(
        std::move(name), plan, result, [](const Sample&) { return true; },
        [&](const Sample& sample) { return static_cast<double>(count(sample)) / in_s(plan.sample_every); }));
  };
  add("2xx", [](const Sample& sample) { return sample.succeeded; });
  add("shed", [](const Sample& sample) { return sample.shed; });
  add("failed or dropped", [](const Sample& sample) { return sample.failed + sample.dropped; });
  return draw(plot);
}

std::string latency_plot(const Plan& plan, const Result& result) {
  LinePlot plot = by_second(plan, "Latency, by the second of the run", "latency, ms");
  plot.y_scaling = Scaling::logarithmic;
  const auto add = [&](std::string name, auto quantile) {
    plot.series.push_back(over_time(
        std::move(name), plan, result, [](const Sample& sample) { return sample.max.count() > 0; },
        [&](const Sample& sample) { return drawn(quantile(sample)); }));
  };
  add("p50", [](const Sample& sample) { return sample.p50; });
  add("p99", [](const Sample& sample) { return sample.p99; });
  return draw(plot);
}

std::string figure(const std::string& plot) { return plot.empty() ? "" : "<figure>" + plot + "</figure>\n"; }

std::string row(std::string_view name, const OperationResult& result) {
  std::string out = fmt::format("<tr><td>{}</td><td>{}</td>", name, result.total());
  for (const double quantile : {0.5, 0.9, 0.99, 0.999, 1.0})
    out += fmt::format("<td>{:.3f}</td>", in_ms(result.latency.quantile(quantile)));
  const auto ratio = hit_ratio(result);
  return out + fmt::format("<td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                           ratio ? fmt::format("{:.1f} %", *ratio * 100) : "–", result.refused, result.shed,
                           result.failed());
}

std::string table(const Result& result) {
  std::string out =
      "<div class=\"scroll\"><table><tr><th>latency in "
      "ms</th><th>requests</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th>"
      "<th>hits</th><th>refused</th><th>shed</th><th>failed</th></tr>\n";
  for_each_kind(result, [&](std::string_view name, const OperationResult& kind) { out += row(name, kind); });
  return out + row("all", result.all()) + "</table></div>\n";
}

}  // namespace

std::string report_html(const Plan& plan, const Result& result) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>bazar bench: "
      "{0}</title>"
      "<style>{1}{6}</style></head><body>\n<h1>bazar bench: {0}</h1>\n<p>{2}</p>\n"
      "<p><b>{3:.0f}</b> answers a second, <b>{4:.0f}</b> of them 2xx; the generator used {5:.0f} % of a "
      "core.</p>\n",
      plan.mix.name, report::plot_style(), escape_markup(in_words(plan)), result.answers_per_s,
      result.goodput_per_s, result.generator_cpu * 100, style);
  for (const std::string& warning : warnings(plan, result))
    out += fmt::format("<p class=\"note\">{}</p>\n", escape_markup(warning));
  return out + table(result) + figure(percentile_plot(result)) + figure(rate_plot(plan, result)) +
         figure(latency_plot(plan, result)) + "</body></html>\n";
}

}  // namespace bazar::load
