#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/axis.hpp"
#include "report/svg_plot.hpp"

namespace bazar::report {

/// The part that all plots share: size, axes, grid, legend. Coordinates are SVG's: y grows downwards.
class SvgFrame {
 public:
  static constexpr double width = 760;
  static constexpr double height = 380;
  static constexpr double left = 78;
  static constexpr double right = 745;
  static constexpr double bottom = 325;

  /// `legend` is empty, or names each series; `headroom` is left for labels between it and the plot.
  SvgFrame(const PlotText& text, const std::vector<std::string>& legend, double headroom);

  [[nodiscard]] double top() const { return top_; }
  [[nodiscard]] double x(const Axis& axis, double value) const;
  [[nodiscard]] double y(const Axis& axis, double value) const;

  void add_y_axis(const Axis& axis);
  void add_x_axis(const Axis& axis);
  void add_x_label(double x, const std::string& label);
  /// About how long `text` is drawn.
  [[nodiscard]] static double width_of(std::string_view text);
  void add(std::string_view element) { body_ += element; }
  /// The interval of an estimate, where it has one.
  void add_whisker(double x, const Axis& axis, const Estimate& estimate);

  [[nodiscard]] std::string finish() &&;

 private:
  void add_legend(const std::vector<std::string>& names);

  std::string title_;
  double top_;
  std::string body_;
};

/// The class by which the page colours series `index`.
[[nodiscard]] std::string series_class(std::size_t index);

}  // namespace bazar::report
