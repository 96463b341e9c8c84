#pragma once

#include <fmt/format.h>
#include <deque>
#include <string>
#include <utility>

#include "time.hpp"

namespace bazar::simulation {

/// What has happened lately, in words. Costs nothing unless it is on: a failed seed is run again with it.
class Trace {
 public:
  enum class Mode : std::uint8_t { off, last, all };
  explicit Trace(Mode mode) : mode_(mode) {}
  [[nodiscard]] bool on() const { return mode_ != Mode::off; }

  /// `text` makes the line.
  template <class Text>
  void note(Instant now, Text text) {
    if (!on()) return;
    add(fmt::format("{:12.3f} ms  {}", static_cast<double>(now.time_since_epoch().count()) / 1'000, text()));
  }
  [[nodiscard]] const std::deque<std::string>& lines() const { return lines_; }

 private:
  static constexpr std::size_t kept = 60;
  void add(std::string line);

  Mode mode_;
  std::deque<std::string> lines_;
};

}  // namespace bazar::simulation
