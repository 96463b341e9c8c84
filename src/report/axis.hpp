#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bazar::report {

enum class Scaling : std::uint8_t {
  linear,
  logarithmic,  ///< equal steps are equal ratios: of values above 0
  /// Of shares from 0 to below 1: equal steps are equal ratios of what is left to 1, as percentiles of
  /// latencies are looked at.
  nines,
};

/// One axis of a plot: from which to which value, where its ticks are, and where a value lies on it.
class Axis {
 public:
  /// Covers `low` … `high`, widened to round numbers (Heckbert 1990, "Nice Numbers for Graph Labels", in
  /// Graphics Gems). A logarithmic one has ticks at 1, 2 and 5 of each decade, or at the decades alone where
  /// that would be many; one of nines at 0, 0.9, 0.99 and so on.
  Axis(double low, double high, Scaling scaling = Scaling::linear);

  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] const std::vector<double>& ticks() const { return ticks_; }
  /// 0 at `low`, 1 at `high`; values beyond lie beyond.
  [[nodiscard]] double place(double value) const;
  /// For a person: `readable`, or `99.9 %` of a share.
  [[nodiscard]] std::string label(double value) const;

 private:
  void choose_linear_ticks();
  void choose_logarithmic_ticks();
  void choose_nines();
  /// What grows evenly along the axis.
  [[nodiscard]] double scaled(double value) const;

  double low_;
  double high_;
  Scaling scaling_;
  std::vector<double> ticks_;
};

}  // namespace bazar::report
