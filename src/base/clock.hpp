#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bazar {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using std::chrono::milliseconds;

/// Time as the program sees it. Decisions take their time from here, so that tests and the simulator can
/// drive it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For deadlines and leases: never goes back; means nothing in another process.
  [[nodiscard]] virtual SteadyTime now() const = 0;
  /// For time stamps that people read.
  [[nodiscard]] virtual WallTime wall() const = 0;
};

/// The operating system's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override;
  [[nodiscard]] WallTime wall() const override;
};

/// The clock by which a lease is counted where it is used: it also runs while the machine is suspended, so
/// that a front-end which wakes up does not take its lease for valid. Its times are not those of the steady
/// clock: never a deadline of a timer or a socket. A catalog that waits out a lease may count by the other
/// one: it then waits for longer.
class LeaseClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override;
  [[nodiscard]] WallTime wall() const override;
};

/// A clock that moves only when told to. Not thread-safe.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return wall_; }
  void advance(milliseconds by) {
    now_ += by;
    wall_ += by;
  }

 private:
  SteadyTime now_{std::chrono::hours(1)};
  WallTime wall_{milliseconds{1'700'000'000'000}};
};

/// RFC 3339 in UTC with milliseconds: `2026-01-31T09:30:00.123Z`.
[[nodiscard]] std::string to_rfc3339(WallTime time);
/// Reads that form, with zero to nine decimals of a second (those past the third are dropped). Empty if
/// `text` is no such time: no other offset than `Z`, no leap second.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace bazar
