#pragma once

#include <chrono>
#include <cstdint>

#include "load/plan.hpp"
#include "load/result.hpp"

namespace bazar::cli {

/// Redraws one line of a terminal twice a second; silent where standard error is none.
class BenchProgress {
 public:
  explicit BenchProgress(const load::Plan& plan);
  ~BenchProgress();  ///< wipes the line
  BenchProgress(const BenchProgress&) = delete;
  BenchProgress& operator=(const BenchProgress&) = delete;

  void show(const load::Sample& sample);

 private:
  void draw(const load::Sample& last) const;

  const bool on_;
  const load::Plan& plan_;
  int samples_ = 0;
  std::uint64_t answers_ = 0;
  std::uint64_t failures_ = 0;
  std::chrono::nanoseconds p99_{0};
};

}  // namespace bazar::cli
