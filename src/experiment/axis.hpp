#pragma once

#include <cstdint>
#include <vector>

namespace bazar::experiment {

enum class Scaling : std::uint8_t { linear, logarithmic };

/// One axis of a plot: from which to which value, where its ticks are, and where a value lies on it.
class Axis {
 public:
  /// Covers `low` … `high`, widened to round numbers (Heckbert 1990, "Nice Numbers for Graph Labels", in
  /// Graphics Gems). A logarithmic one needs values above 0, and has ticks at 1, 2 and 5 of each decade, or
  /// at the decades alone where that would be many.
  Axis(double low, double high, Scaling scaling = Scaling::linear);

  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] const std::vector<double>& ticks() const { return ticks_; }
  /// 0 at `low`, 1 at `high`; values beyond lie beyond.
  [[nodiscard]] double place(double value) const;

 private:
  void choose_linear_ticks();
  void choose_logarithmic_ticks();

  double low_;
  double high_;
  Scaling scaling_;
  std::vector<double> ticks_;
};

}  // namespace bazar::experiment
