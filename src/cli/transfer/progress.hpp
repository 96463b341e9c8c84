#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace bazar::cli {

struct Progress {
  std::uint64_t rows = 0;
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< 0: unknown
  milliseconds elapsed{0};
};

/// `[######----]  61%  612,000 books  41,200/s  ETA 0:09`; without a total, only rows and rate.
[[nodiscard]] std::string progress_line(const Progress& progress);

/// 1234567 → `1,234,567`.
[[nodiscard]] std::string grouped(std::uint64_t number);

/// Redraws one line of a terminal, at most ten times a second; silent where standard error is none.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();  ///< wipes the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::uint64_t rows, std::uint64_t done_bytes, std::uint64_t total_bytes);
  [[nodiscard]] milliseconds elapsed() const;

 private:
  void wipe();

  bool on_;
  bool drawn_ = false;
  SteadyTime begin_;
  SteadyTime next_draw_;
};

}  // namespace bazar::cli
