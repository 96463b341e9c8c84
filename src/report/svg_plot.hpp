#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "report/axis.hpp"
#include "report/statistics.hpp"

namespace bazar::report {

// Plots as SVG elements for a page of HTML: the title is their accessible name, and they have no
// outside reference. Colours are the page's (plot_style.hpp): series i has the class `s0` … `s5`.

constexpr std::size_t most_series = 6;

struct PlotText {
  std::string title;    ///< says what is seen; also the accessible name
  std::string x_label;  ///< with its unit
  std::string y_label;
};

struct Point {
  double x = 0;
  Estimate y;  ///< a vertical line shows its interval, where that is bounded and has a length
};

/// A point without an interval.
[[nodiscard]] Point point(double x, double y);

struct Series {
  enum class Style : std::uint8_t {
    line,        ///< points, joined
    plain_line,  ///< joined, without marks: theory, or many points
    dashed_line,
    area,  ///< filled down to the x axis
  };
  std::string name;
  std::vector<Point> points;  ///< by rising x
  Style style = Style::line;
};

/// An instant on the x axis.
struct Instant {
  double x = 0;
  std::string label;
};

struct LinePlot {
  PlotText text;
  std::vector<Series> series;  ///< at most six
  Scaling x_scaling = Scaling::linear;
  Scaling y_scaling = Scaling::linear;  ///< linear, it holds 0
  std::vector<Instant> instants = {};
  /// Above what is drawn, where the y axis should go further than the values.
  double y_at_least = 0;
};
/// Empty where no series has a point.
[[nodiscard]] std::string draw(const LinePlot& plot);

/// Bars side by side, a colour for each series, the group's name below.
struct BarPlot {
  PlotText text;
  std::vector<std::string> series;  ///< at most six
  struct Group {
    std::string name;
    std::vector<Estimate> bars;  ///< one a series, none below 0
  };
  std::vector<Group> groups;
};
/// Empty where there is no group.
[[nodiscard]] std::string draw(const BarPlot& plot);

}  // namespace bazar::report
