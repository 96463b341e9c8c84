#include "load/curve_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bazar::load {
namespace {

constexpr double width = 760;
constexpr double height = 300;
constexpr double left = 70;
constexpr double right = 740;
constexpr double top = 30;
constexpr double bottom = 265;
constexpr std::size_t colours = 4;

double share(double value, double low, double high) {
  return high > low ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0;
}

double x_of(const CurvePlot& plot, double x) {
  return left + (right - left) * share(x, plot.x_ticks.front().at, plot.x_ticks.back().at);
}

double y_of(const CurvePlot& plot, double y) {
  const auto scaled = [&](double value) {
    return plot.logarithmic ? std::log10(std::max(value, plot.y_ticks.front().at)) : value;
  };
  return bottom -
         (bottom - top) * share(scaled(y), scaled(plot.y_ticks.front().at), scaled(plot.y_ticks.back().at));
}

std::string grid(const CurvePlot& plot) {
  std::string out;
  for (const Tick& tick : plot.x_ticks) {
    const double x = x_of(plot, tick.at);
    out += fmt::format(
        R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/><text x="{0:.1f}" y="{3}" text-anchor="middle">{4}</text>)",
        x, top, bottom, bottom + 18, escape_html(tick.label));
  }
  for (const Tick& tick : plot.y_ticks) {
    const double y = y_of(plot, tick.at);
    out += fmt::format(
        R"(<line class="grid" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/><text x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>)",
        left, right, y, left - 6, y + 4, escape_html(tick.label));
  }
  return out;
}

std::string curve(const CurvePlot& plot, std::size_t index) {
  std::string points;
  for (const Curve::Point& point : plot.curves[index].points)
    points += fmt::format("{:.1f},{:.1f} ", x_of(plot, point.x), y_of(plot, point.y));
  const double legend = left + 130 * static_cast<double>(index);
  return fmt::format(
      R"(<polyline class="c{0}" points="{1}"/><line class="c{0}" x1="{2}" x2="{3}" y1="14" y2="14"/><text x="{4}" y="18">{5}</text>)",
      index % colours, points, legend, legend + 20, legend + 26, escape_html(plot.curves[index].name));
}

}  // namespace

std::string draw(const CurvePlot& plot) {
  if (plot.x_ticks.size() < 2 || plot.y_ticks.size() < 2) return {};
  std::string out = fmt::format(
      R"(<figure><figcaption>{0}</figcaption><svg viewBox="0 0 {1} {2}" role="img" aria-label="{0}">)",
      escape_html(plot.title), width, height);
  out += grid(plot);
  for (std::size_t i = 0; i < plot.curves.size(); ++i) out += curve(plot, i);
  return out + "</svg></figure>\n";
}

std::vector<Tick> decades(double low, double high) {
  std::vector<Tick> ticks;
  auto exponent = static_cast<int>(std::floor(std::log10(low)));
  do {
    const double at = std::pow(10, exponent++);
    ticks.push_back({at, fmt::format("{:g}", at)});
  } while (ticks.back().at < high || ticks.size() < 2);
  return ticks;
}

std::vector<Tick> steps(double high) {
  if (high <= 0) high = 1;
  const double unit = std::pow(10, std::floor(std::log10(high / 4)));
  double step = unit;
  for (const double factor : {2.0, 5.0, 10.0}) {
    if (high / step > 8) step = unit * factor;
  }
  std::vector<Tick> ticks;
  for (int i = 0; ticks.empty() || ticks.back().at < high; ++i)
    ticks.push_back({i * step, fmt::format("{:g}", i * step)});
  return ticks;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace bazar::load
