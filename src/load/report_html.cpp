#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "load/curve_plot.hpp"
#include "load/report.hpp"

namespace bazar::load {
namespace {

constexpr std::string_view style = R"(
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
td,th{padding:.25rem .5rem;text-align:right;border-bottom:1px solid #8885}
td:first-child,th:first-child{text-align:left}
figure{margin:2rem 0}figcaption{font-weight:600}
svg{width:100%}svg text{font:12px system-ui,sans-serif;fill:currentColor}
.grid{stroke:#8884}
polyline{fill:none}.c0,.c1,.c2,.c3{stroke-width:2}
.c0{stroke:#2a78c8}.c1{stroke:#d1691c}.c2{stroke:#2f9155}.c3{stroke:#9a55b8}
.note{border-left:4px solid #d1691c;padding-left:.75rem}
)";

double in_ms(nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// Of the share 1 - 10^-x: equal steps are equal ratios of the requests that took longer.
double quantile_at(double x) { return 1 - std::pow(10, -x); }

template <class Do>
void for_each_kind(const Result& result, Do&& what) {
  for (const Operation operation : operations) {
    if (result.of(operation).total() > 0) what(to_string(operation), result.of(operation));
  }
}

std::string percentile_plot(const Result& result) {
  CurvePlot plot{.title = "Latency in ms, by the percentage of requests that took no longer",
                 .x_ticks = {{0, "0"}, {1, "90"}, {2, "99"}, {3, "99.9"}, {4, "99.99"}, {5, "99.999"}},
                 .y_ticks = {},
                 .logarithmic = true,
                 .curves = {}};
  double low = 1e12;
  double high = 0;
  for_each_kind(result, [&](std::string_view name, const OperationResult& kind) {
    const Histogram& latency = kind.latency;
    if (latency.count() == 0) return;
    Curve curve{.name = std::string(name), .points = {}};
    // Past this one request decides.
    const double end = std::min(5.0, std::log10(static_cast<double>(latency.count())));
    for (double x = 0; x <= end; x += 0.05)
      curve.points.push_back({x, in_ms(latency.quantile(quantile_at(x)))});
    low = std::min(low, in_ms(latency.min()));
    high = std::max(high, in_ms(latency.max()));
    plot.curves.push_back(std::move(curve));
  });
  if (plot.curves.empty()) return {};
  plot.y_ticks = decades(std::max(low, 1e-3), high);
  return draw(plot);
}

struct TimeLine {
  std::vector<Tick> seconds;
  Curve succeeded{.name = "2xx", .points = {}};
  Curve shed{.name = "shed", .points = {}};
  Curve failed{.name = "failed or dropped", .points = {}};
  Curve p50{.name = "p50", .points = {}};
  Curve p99{.name = "p99", .points = {}};
};

TimeLine time_line(const Plan& plan, const Result& result) {
  TimeLine line;
  const double step_s = std::chrono::duration<double>(plan.sample_every).count();
  const auto rate = [&](std::uint64_t count) { return static_cast<double>(count) / step_s; };
  double end = 0;
  for (const Sample& sample : result.samples) {
    const double at = std::chrono::duration<double>(sample.at + plan.warmup).count();
    end = at + step_s;
    line.succeeded.points.push_back({at, rate(sample.succeeded)});
    line.shed.points.push_back({at, rate(sample.shed)});
    line.failed.points.push_back({at, rate(sample.failed + sample.dropped)});
    if (sample.max.count() == 0) continue;
    line.p50.points.push_back({at, in_ms(sample.p50)});
    line.p99.points.push_back({at, in_ms(sample.p99)});
  }
  line.seconds = steps(end);
  return line;
}

double greatest(const std::vector<Curve>& curves) {
  double most = 0;
  for (const Curve& curve : curves) {
    for (const Curve::Point& point : curve.points) most = std::max(most, point.y);
  }
  return most;
}

std::string time_line_plots(const Plan& plan, const Result& result) {
  TimeLine line = time_line(plan, result);
  CurvePlot rates{.title = fmt::format("Answers a second, by the second of the run ({} of warm-up)",
                                       std::chrono::duration<double>(plan.warmup).count()),
                  .x_ticks = line.seconds,
                  .y_ticks = {},
                  .curves = {line.succeeded, line.shed, line.failed}};
  rates.y_ticks = steps(greatest(rates.curves));
  CurvePlot latencies{.title = "Latency in ms, by the second of the run",
                      .x_ticks = line.seconds,
                      .y_ticks = {},
                      .logarithmic = true,
                      .curves = {line.p50, line.p99}};
  if (!line.p50.points.empty()) {
    const auto least = std::ranges::min(line.p50.points, {}, &Curve::Point::y).y;
    latencies.y_ticks = decades(std::max(least, 1e-3), greatest(latencies.curves));
  }
  return draw(rates) + draw(latencies);
}

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
      "<table><tr><th>latency in "
      "ms</th><th>requests</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th>"
      "<th>hits</th><th>refused</th><th>shed</th><th>failed</th></tr>\n";
  for_each_kind(result, [&](std::string_view name, const OperationResult& kind) { out += row(name, kind); });
  return out + row("all", result.all()) + "</table>\n";
}

}  // namespace

std::string report_html(const Plan& plan, const Result& result) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>bazar bench: {0}</title>"
      "<style>{1}</style></head><body>\n<h1>bazar bench: {0}</h1>\n<p>{2}</p>\n"
      "<p><b>{3:.0f}</b> answers a second, <b>{4:.0f}</b> of them 2xx; the generator used {5:.0f} % of a "
      "core.</p>\n",
      plan.mix.name, style, escape_html(in_words(plan)), result.answers_per_s, result.goodput_per_s,
      result.generator_cpu * 100);
  for (const std::string& warning : warnings(plan, result))
    out += fmt::format("<p class=\"note\">{}</p>\n", escape_html(warning));
  return out + table(result) + percentile_plot(result) + time_line_plots(plan, result) + "</body></html>\n";
}

}  // namespace bazar::load
