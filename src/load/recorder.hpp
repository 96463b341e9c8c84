#pragma once

#include "load/dispatcher.hpp"
#include "load/plan.hpp"
#include "load/response_scanner.hpp"
#include "load/result.hpp"
#include "load/run.hpp"

namespace bazar::load {

enum class Failure : std::uint8_t { timed_out, lost };

/// Counts what became of the requests: those that were due in the measured interval by operation, and all of
/// them on the time line. Pure: time is an argument.
class Recorder {
 public:
  struct Interval {
    Instant begin;
    Instant end;
  };

  Recorder(Interval measured, nanoseconds sample_every, Observer observer);

  void answered(Operation operation, Instant due, Instant now, const Answer& answer);
  void failed(Operation operation, Instant due, Failure how);
  void dropped(Instant due);
  void sent(Instant due, Instant now);
  void connected() { ++result_.connects; }
  void connect_failed() { ++result_.connect_failures; }

  /// When the present step of the time line ends.
  [[nodiscard]] Instant step_end() const { return step_end_; }
  /// Ends the steps that end at `now` or earlier.
  void end_steps(Instant now, std::size_t backlog, std::size_t connections);

  /// The load was stopped: what is due or comes from `now` on is not measured.
  void stop(Instant now);
  /// `generator_cpu` as in Result.
  [[nodiscard]] Result take(double generator_cpu);

 private:
  [[nodiscard]] bool is_measured(Instant due) const { return due >= measured_.begin && due < measured_.end; }

  Interval measured_;
  const nanoseconds sample_every_;
  const Observer observer_;
  Result result_;
  std::array<std::uint64_t, 600> statuses_{};
  Sample step_;
  Histogram step_latency_;
  Instant step_end_;
  std::uint64_t answers_ = 0;    ///< that came in the measured interval
  std::uint64_t successes_ = 0;  ///< of them
};

}  // namespace bazar::load
