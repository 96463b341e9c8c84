#pragma once

#include <string>
#include <vector>

namespace bazar::load {

struct Tick {
  double at = 0;
  std::string label;
};

struct Curve {
  struct Point {
    double x = 0;
    double y = 0;
  };
  std::string name;
  std::vector<Point> points;  ///< by rising x
};

/// Curves over one pair of axes, from the first to the last tick of each. What lies beyond is drawn at the
/// edge.
struct CurvePlot {
  std::string title;  ///< with the units
  std::vector<Tick> x_ticks;
  std::vector<Tick> y_ticks;
  bool logarithmic = false;  ///< the y axis; its ticks are above 0 then
  std::vector<Curve> curves;
};

/// As an SVG element with no outside reference; curve i has the class `c0` … `c3`, in turn. Empty where there
/// are fewer than two ticks on an axis.
[[nodiscard]] std::string draw(const CurvePlot& plot);

/// Powers of ten from the last at most `low` to the first at least `high`; both > 0.
[[nodiscard]] std::vector<Tick> decades(double low, double high);
/// From 0 to at least `high` in four to eight steps of 1, 2 or 5 times a power of ten.
[[nodiscard]] std::vector<Tick> steps(double high);

/// `text` as the content of an element.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace bazar::load
