#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>

namespace bazar::simulation {

/// The only source of chance of a run. SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere,
/// which the standard library's distributions do not promise.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// 0 … sides-1.
  template <class Integer>
  Integer below(Integer sides) {
    return static_cast<Integer>(next() % static_cast<std::uint64_t>(sides));
  }
  /// low … high, both included.
  template <class Integer>
  Integer between(Integer low, Integer high) {
    return low + below(high - low + 1);
  }
  bool chance(double probability) { return unit() < probability; }
  /// 0 … 1.
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  template <class Duration>
  Duration time(Duration low, Duration high) {
    return Duration(between(low.count(), high.count()));
  }
  /// Exponential: the time to the next of events that come at random.
  template <class Duration>
  Duration around(Duration mean) {
    return Duration(
        static_cast<typename Duration::rep>(-std::log(1 - unit()) * static_cast<double>(mean.count())));
  }

 private:
  std::uint64_t state_;
};

}  // namespace bazar::simulation
