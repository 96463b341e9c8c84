#include "report/svg_frame.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/readable.hpp"

namespace bazar::report {
namespace {

constexpr double legend_line = 20;
/// Of a letter at the page's size of text in plots, a little more than the average.
constexpr double letter_width = 6.6;
constexpr double swatch_width = 30;
constexpr double whisker_half_width = 4;

}  // namespace

std::string series_class(std::size_t index) { return fmt::format("s{}", index); }

SvgFrame::SvgFrame(const PlotText& text, const std::vector<std::string>& legend, double headroom)
    : title_(escape_markup(text.title)), top_(30) {
  body_ += fmt::format(R"(<text class="title" x="{}" y="14">{}</text>)", left, title_);
  add_legend(legend);
  top_ += headroom;
  body_ += fmt::format(R"(<text class="label" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)",
                       (left + right) / 2, height - 10, escape_markup(text.x_label));
  const double middle = (top_ + bottom) / 2;
  body_ += fmt::format(
      R"svg(<text class="label" x="16" y="{0:.1f}" text-anchor="middle" transform="rotate(-90 16 {0:.1f})">{1}</text>)svg",
      middle, escape_markup(text.y_label));
}

void SvgFrame::add_legend(const std::vector<std::string>& names) {
  double x = left;
  double y = 36;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double wide = swatch_width + width_of(names[i]);
    if (x + wide > right && x > left) {
      x = left;
      y += legend_line;
    }
    body_ += fmt::format(
        R"(<rect class="swatch {}" x="{:.1f}" y="{:.1f}" width="12" height="12"/><text x="{:.1f}" y="{:.1f}">{}</text>)",
        series_class(i), x, y - 10, x + 17, y, escape_markup(names[i]));
    x += wide;
  }
  if (!names.empty()) top_ = y + 14;
}

double SvgFrame::x(const Axis& axis, double value) const { return left + axis.place(value) * (right - left); }
double SvgFrame::y(const Axis& axis, double value) const {
  return bottom - axis.place(value) * (bottom - top_);
}

double SvgFrame::width_of(std::string_view text) { return letter_width * static_cast<double>(text.size()); }

void SvgFrame::add_y_axis(const Axis& axis) {
  for (const double tick : axis.ticks()) {
    const double at = y(axis, tick);
    body_ += fmt::format(
        R"(<line class="grid" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/><text x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>)",
        left, right, at, left - 8, at + 4, axis.label(tick));
  }
}

void SvgFrame::add_x_axis(const Axis& axis) {
  for (const double tick : axis.ticks()) {
    const double at = x(axis, tick);
    body_ += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2}"/>)", at, top_,
                         bottom);
    add_x_label(at, axis.label(tick));
  }
}

void SvgFrame::add_x_label(double x, const std::string& label) {
  // In the middle below the end of an axis, a long one would be cut.
  const bool fits = x + width_of(label) / 2 <= width;
  body_ += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", fits ? x : width,
                       bottom + 18, fits ? "middle" : "end", escape_markup(label));
}

void SvgFrame::add_whisker(double x, const Axis& axis, const Estimate& estimate) {
  if (!estimate.is_bounded() || estimate.low == estimate.high) return;
  // An interval may go below 0, where no value can be.
  const double low = y(axis, std::max(estimate.low, axis.low()));
  const double high = y(axis, std::min(estimate.high, axis.high()));
  body_ += fmt::format(
      R"(<path class="whisker" d="M{0:.1f} {2:.1f}V{3:.1f}M{1:.1f} {2:.1f}h{4}M{1:.1f} {3:.1f}h{4}"/>)", x,
      x - whisker_half_width, low, high, 2 * whisker_half_width);
}

std::string SvgFrame::finish() && {
  return fmt::format(
      R"(<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/></svg>)",
      width, height, title_, title_, body_, left, right, bottom, bottom);
}

}  // namespace bazar::report
