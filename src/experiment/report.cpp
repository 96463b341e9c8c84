#include "experiment/report.hpp"

#include <fmt/format.h>

#include "report/plot_style.hpp"
#include "report/readable.hpp"

namespace bazar::experiment {

using report::escape_markup;
using report::readable;

namespace {

constexpr std::string_view style = R"css(
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);
font:1rem/1.55 system-ui,sans-serif}
h1{font-size:1.9rem;line-height:1.2}h2{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--rule)}
a{color:var(--c0)}
.question{font-size:1.1rem;font-style:italic}
.result{margin:1rem 0;padding:.7rem 1rem;background:var(--box);border-left:4px solid var(--c0)}
.result p{margin:.3rem 0}
.failure{border-color:var(--c5)}
.remarks{color:var(--quiet);font-size:.92rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem}dt{color:var(--quiet)}dd{margin:0}
code{font-size:.92em;background:var(--box);padding:.1em .3em;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:1.2rem 0}
table{border-collapse:collapse;font-size:.9rem}caption{text-align:left;color:var(--quiet);padding-bottom:.3rem}
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:bottom;white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums}
.interval,.unit{color:var(--quiet);font-weight:400;font-size:.88em}
)css";

std::string paragraph(std::string_view css_class, std::string_view text) {
  return fmt::format(R"(<p class="{}">{}</p>)", css_class, escape_markup(text));
}

std::string duration(std::chrono::seconds time) {
  return time.count() < 60 ? fmt::format("{} s", time.count())
                           : fmt::format("{} min {} s", time.count() / 60, time.count() % 60);
}

std::string term(std::string_view name, std::string_view value) {
  return value.empty() ? ""
                       : fmt::format("<dt>{}</dt><dd>{}</dd>", escape_markup(name), escape_markup(value));
}

std::string introduction(const Report& report) {
  const Machine& machine = report.machine;
  std::string out =
      fmt::format("<h1>Bazar, measured</h1><p>Made by <code>{}</code> on {} in {}.</p>",
                  escape_markup(report.command), to_rfc3339(report.begun), duration(report.took));
  if (report.interrupted)
    out +=
        R"(<p class="result failure">The run was interrupted: what is missing below was not measured.</p>)";
  out += "<dl>" + term("Processor", machine.processor) + term("Cores", fmt::format("{}", machine.cores)) +
         term("Memory", readable(machine.memory_gib) + " GiB") + term("Kernel", machine.kernel) +
         term("Disk", fmt::format("{}; fdatasync of 4 KiB: median {} ms, 99 % within {} ms",
                                  machine.file_system.empty() ? "unknown file system" : machine.file_system,
                                  readable(machine.fdatasync_p50_ms), readable(machine.fdatasync_p99_ms))) +
         term("Load before", readable(machine.load_average)) + term("Bazar", report.version) + "</dl>";
  return out +
         R"(<p>Everything ran on this one machine: the stores, each with its own processes and a data folder of
its own, and the clients that measured them, so that they also take processor time from each other. What is compared
was measured in turns, round after round (A B A B …), so that whatever else the machine did hit all of it alike.
A value with an interval (<span class="number">1.2 <span class="interval">1.1 … 1.3</span></span>) is the geometric mean over the rounds
of each round's median or rate, with the interval that holds the true one with 95 % confidence (Student's t). Percentiles are
over all measurements of all rounds: p99 is the time within which 99 of 100 were done. Every table is also a CSV file beside
this one.</p>)";
}

std::string contents(const Report& report) {
  std::string out = "<nav><ol>";
  for (const Section& section : report.sections)
    out += fmt::format(R"(<li><a href="#{}">{}</a></li>)", escape_markup(section.name),
                       escape_markup(section.title));
  return out + R"(<li><a href="#earlier-stores">The earlier stores</a></li></ol></nav>)";
}

std::string figure(const std::string& plot) { return "<figure>" + plot + "</figure>"; }

std::string section_html(const Section& section) {
  std::string out = fmt::format(R"(<section id="{}"><h2>{}</h2>)", escape_markup(section.name),
                                escape_markup(section.title));
  out += paragraph("question", section.question);
  out += paragraph("set-up", section.set_up);
  if (!section.failure.empty()) out += paragraph("result failure", "Not measured: " + section.failure);
  if (!section.results.empty()) {
    out += R"(<div class="result">)";
    for (const auto& result : section.results) out += paragraph("sentence", result);
    out += "</div>";
  }
  for (const auto& plot : section.plots) out += figure(plot);
  for (const Table& table : section.tables) out += to_html(table);
  if (!section.remarks.empty()) {
    out += R"(<ul class="remarks">)";
    for (const auto& remark : section.remarks) out += fmt::format("<li>{}</li>", escape_markup(remark));
    out += "</ul>";
  }
  return out + "</section>\n";
}

std::string earlier_stores_html() {
  return R"(<section id="earlier-stores"><h2>The earlier stores</h2><p>Five stores that were built for the same course
task (Python, Flask) reported these figures, measured with Postman on machines of their own, some over a network. They are here
as the least to compare with; as other machines measured them, no ratio to the figures above means much.</p>)" +
         to_html(earlier_stores()) + "</section>\n";
}

}  // namespace

std::string to_html(const Report& report) {
  std::string out = fmt::format(
      R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bazar, measured</title><style>{}{}</style></head><body>
)",
      report::plot_style(), style);
  out += introduction(report) + contents(report);
  for (const Section& section : report.sections) out += section_html(section);
  return out + earlier_stores_html() + "</body></html>\n";
}

Table earlier_stores() {
  using Row = std::vector<Cell>;
  const auto row = [](std::string what, std::string without, std::string with) {
    return Row{std::move(what), std::move(without), std::move(with)};
  };
  return {.name = "earlier-stores",
          .caption = "Response times that the earlier stores reported, each on other machines.",
          .columns = {{.name = "what"}, {.name = "without", .unit = "ms"}, {.name = "with", .unit = "ms"}},
          .rows = {row("info, without and with cache", "348", "33"),
                   row("info, without and with cache, on virtual machines", "9.9", "6.3"),
                   row("search, without and with cache", "350", "29"), row("purchase", "100 to 120", ""),
                   row("second store, without and with cache", "259", "24.3"),
                   row("third store, two figures, without and with cache", "93 and 99", "41 and 57"),
                   row("fourth store, without and with cache", "29", "20"),
                   row("a write, without and with replication", "595", "635"),
                   row("a price update, with invalidation and two replicas", "", "2,560")}};
}

}  // namespace bazar::experiment
