#include "report/svg_plot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "report/readable.hpp"
#include "report/svg_frame.hpp"

namespace bazar::report {
namespace {

constexpr double instant_line = 15;
/// Of the width that a group has.
constexpr double share_of_bars = 0.72;

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

double top_of(const Estimate& estimate) {
  // A huge interval of few rounds would squeeze the values to the ground.
  return estimate.is_bounded() ? std::min(estimate.high, 2 * estimate.value) : estimate.value;
}

void add_series(SvgFrame& frame, const Axis& x_axis, const Axis& y_axis, const Series& series,
                std::size_t index) {
  std::string path;
  for (const Point& each : series.points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? 'M' : 'L', frame.x(x_axis, each.x),
                        frame.y(y_axis, each.y.value));
  }
  const std::string color = series_class(index);
  if (series.style == Series::Style::area) {
    frame.add(
        fmt::format(R"(<path class="area {0}" d="{1}V{2:.1f}H{3:.1f}Z"/><path class="line {0}" d="{1}"/>)",
                    color, path, SvgFrame::bottom, frame.x(x_axis, series.points.front().x)));
    return;
  }
  frame.add(fmt::format(R"(<path class="line{} {}" d="{}"/>)",
                        series.style == Series::Style::dashed_line ? " dashed" : "", color, path));
  if (series.style != Series::Style::line) return;
  for (const Point& each : series.points) {
    const double x = frame.x(x_axis, each.x);
    frame.add_whisker(x, y_axis, each.y);
    frame.add(
        fmt::format(R"(<circle class="mark {}" cx="{:.1f}" cy="{:.1f}" r="4"><title>{}</title></circle>)",
                    color, x, frame.y(y_axis, each.y.value),
                    escape_markup(fmt::format("{}: {} at {}", series.name, y_axis.label(each.y.value),
                                              x_axis.label(each.x)))));
  }
}

void add_instants(SvgFrame& frame, const Axis& axis, const std::vector<Instant>& instants) {
  std::string labels;
  for (std::size_t i = 0; i < instants.size(); ++i) {
    const double x = frame.x(axis, instants[i].x);
    // Each label on a line of its own: instants may lie close together.
    const double y = frame.top() - 6 - instant_line * static_cast<double>(instants.size() - 1 - i);
    const bool to_the_left = x + 4 + SvgFrame::width_of(instants[i].label) > SvgFrame::right;
    frame.add(fmt::format(R"(<line class="instant" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2}"/>)", x,
                          y - 8, SvgFrame::bottom));
    labels += fmt::format(R"(<text class="instant" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)",
                          to_the_left ? x - 4 : x + 4, y, to_the_left ? "end" : "start",
                          escape_markup(instants[i].label));
  }
  // Over the lines of all, which may cross them.
  frame.add(labels);
}

std::vector<std::string> names_of(const std::vector<Series>& series) {
  std::vector<std::string> names;
  if (series.size() > 1) std::ranges::transform(series, std::back_inserter(names), &Series::name);
  return names;
}

}  // namespace

Point point(double x, double y) { return {.x = x, .y = {y, y, y}}; }

std::string draw(const LinePlot& plot) {
  BAZAR_ASSERT(plot.series.size() <= most_series, "the page has six colours");
  Extent x, y;
  if (plot.y_scaling == Scaling::linear) y.include(0);
  for (const Series& series : plot.series) {
    for (const Point& each : series.points) {
      x.include(each.x);
      y.include(top_of(each.y));
    }
  }
  if (x.low > x.high) return {};
  y.high = std::max(y.high, plot.y_at_least);
  for (const Instant& instant : plot.instants) x.include(instant.x);
  const Axis x_axis(x.low, x.high, plot.x_scaling);
  const Axis y_axis(y.low, y.high, plot.y_scaling);
  SvgFrame frame(plot.text, names_of(plot.series), instant_line * static_cast<double>(plot.instants.size()));
  frame.add_y_axis(y_axis);
  frame.add_x_axis(x_axis);
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    if (!plot.series[i].points.empty()) add_series(frame, x_axis, y_axis, plot.series[i], i);
  }
  add_instants(frame, x_axis, plot.instants);
  return std::move(frame).finish();
}

std::string draw(const BarPlot& plot) {
  BAZAR_ASSERT(plot.series.size() <= most_series, "the page has six colours");
  if (plot.groups.empty()) return {};
  double high = 0;
  for (const auto& group : plot.groups) {
    BAZAR_ASSERT(group.bars.size() == plot.series.size(), "a bar for each series");
    for (const Estimate& bar : group.bars) high = std::max(high, top_of(bar));
  }
  const Axis axis(0, high);
  SvgFrame frame(plot.text, plot.series.size() > 1 ? plot.series : std::vector<std::string>{}, 0);
  frame.add_y_axis(axis);
  const double group_width = (SvgFrame::right - SvgFrame::left) / static_cast<double>(plot.groups.size());
  const double bar_width = share_of_bars * group_width / static_cast<double>(plot.series.size());
  for (std::size_t g = 0; g < plot.groups.size(); ++g) {
    const auto& group = plot.groups[g];
    const double middle = SvgFrame::left + (static_cast<double>(g) + 0.5) * group_width;
    frame.add_x_label(middle, group.name);
    for (std::size_t i = 0; i < group.bars.size(); ++i) {
      const double x =
          middle + (static_cast<double>(i) - static_cast<double>(group.bars.size()) / 2) * bar_width;
      const double y = frame.y(axis, group.bars[i].value);
      const auto said = fmt::format("{}, {}: {}", group.name, plot.series[i], readable(group.bars[i].value));
      frame.add(fmt::format(
          R"(<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>)",
          series_class(i), x + 1, y, bar_width - 2, SvgFrame::bottom - y, escape_markup(said)));
      frame.add_whisker(x + bar_width / 2, axis, group.bars[i]);
    }
  }
  return std::move(frame).finish();
}

}  // namespace bazar::report
