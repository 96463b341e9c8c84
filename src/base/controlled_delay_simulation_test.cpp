#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <queue>
#include <random>
#include <vector>

#include "base/controlled_delay.hpp"

namespace bazar {
namespace {

using Seconds = std::chrono::duration<double>;

/// A queue before a service that takes batches: calls of a fixed latency each, several at a time, whose work
/// one processor does in turn.
struct Service {
  double latency_s = 0.001;  ///< of a call, whatever is in it
  double work_s = 0.000'05;  ///< of a request
  std::size_t lanes = 2;     ///< calls at a time
  std::size_t max_batch = 1'000;

  /// Requests a second, as many as one wants.
  [[nodiscard]] double capacity() const {
    const auto batch = static_cast<double>(max_batch);
    return std::min(1 / work_s, static_cast<double>(lanes) * batch / (latency_s + batch * work_s));
  }
  [[nodiscard]] double longest_call_s() const {
    return latency_s + static_cast<double>(lanes * max_batch) * work_s;
  }
};

struct Phase {
  std::size_t offered = 0;
  std::size_t shed = 0;
  std::size_t served = 0;
  double longest_wait_s = 0;  ///< in the queue
  double last_shed_s = 0;     ///< since the phase began
};

class Simulation {
 public:
  Simulation(Service service, std::uint64_t seed) : service_(service), random_(seed) {}

  /// Poisson arrivals.
  Phase run(double length_s, double rate_per_s) {
    const double began_s = now_s_;
    Phase phase;
    std::exponential_distribution<> gap_s(rate_per_s);
    double arrival_s = now_s_ + gap_s(random_);
    while (std::min(arrival_s, next_end_s()) < began_s + length_s) {
      if (next_end_s() <= arrival_s) {
        end_call(phase);
        continue;
      }
      now_s_ = arrival_s;
      arrival_s += gap_s(random_);
      arrive(phase, now_s_ - began_s);
    }
    now_s_ = began_s + length_s;
    return phase;
  }

 private:
  struct Call {
    double ends_s = 0;
    std::size_t requests = 0;
    friend bool operator>(const Call& a, const Call& b) { return a.ends_s > b.ends_s; }
  };

  [[nodiscard]] static SteadyTime at(double time_s) {
    return SteadyTime(std::chrono::round<SteadyTime::duration>(Seconds(time_s)));
  }
  [[nodiscard]] double next_end_s() const {
    return calls_.empty() ? std::numeric_limits<double>::infinity() : calls_.top().ends_s;
  }

  void arrive(Phase& phase, double since_began_s) {
    ++phase.offered;
    if (!delay_.admits(at(now_s_), queue_.size())) {
      ++phase.shed;
      phase.last_shed_s = since_began_s;
      return;
    }
    queue_.push_back(now_s_);
    take(phase);
  }

  void end_call(Phase& phase) {
    now_s_ = calls_.top().ends_s;
    phase.served += calls_.top().requests;
    calls_.pop();
    take(phase);
  }

  void take(Phase& phase) {
    while (calls_.size() < service_.lanes && !queue_.empty()) {
      const std::size_t count = std::min(queue_.size(), service_.max_batch);
      const double oldest_s = queue_.front();
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
      const std::size_t excess = delay_.taken(at(now_s_), count, at(oldest_s), queue_.size());
      queue_.resize(queue_.size() - excess);
      phase.shed += excess;
      phase.longest_wait_s = std::max(phase.longest_wait_s, now_s_ - oldest_s);

      std::uniform_real_distribution<> luck(0.7, 1.3);
      processor_free_s_ =
          std::max(processor_free_s_, now_s_) + static_cast<double>(count) * service_.work_s * luck(random_);
      calls_.push({processor_free_s_ + service_.latency_s * luck(random_), count});
    }
  }

  const Service service_;
  std::mt19937_64 random_;
  ControlledDelay delay_;
  double now_s_ = 1'000;
  double processor_free_s_ = 0;
  std::deque<double> queue_;  ///< when they came
  std::priority_queue<Call, std::vector<Call>, std::greater<>> calls_;
};

constexpr ControlledDelayOptions defaults;
constexpr double target_s = Seconds(defaults.target).count();
constexpr double interval_s = Seconds(defaults.interval).count();
constexpr std::uint64_t seeds = 25;

/// From 2,000 to 20,000 requests a second, over disks of which the slowest takes a tenth of the target.
Service draw_service(std::mt19937_64& random) {
  const auto between = [&](double low, double high) {
    return std::exp(std::uniform_real_distribution<>(std::log(low), std::log(high))(random));
  };
  return {.latency_s = between(0.000'1, target_s / 10),
          .work_s = between(0.000'05, 0.000'5),
          .lanes = std::uniform_int_distribution<std::size_t>(1, 3)(random)};
}

TEST(ControlledDelaySimulation, overload_is_served_at_capacity_within_a_bounded_wait) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::mt19937_64 random(seed);
    const Service service = draw_service(random);
    const double overload = std::uniform_real_distribution<>(1.5, 8)(random);
    Simulation simulation(service, seed);
    (void)simulation.run(1, service.capacity() / 2);
    const double noticed_s = target_s + interval_s + 2 * service.longest_call_s();
    const Phase beginning = simulation.run(2 * noticed_s, overload * service.capacity());
    const Phase settled = simulation.run(5, overload * service.capacity());

    SCOPED_TRACE(::testing::Message()
                 << "seed " << seed << ", " << service.latency_s << " s, " << service.work_s << " s, "
                 << service.lanes << " lanes, " << overload << " times");
    EXPECT_LE(beginning.longest_wait_s, 2 * noticed_s);
    EXPECT_LE(settled.longest_wait_s, 2 * target_s + service.longest_call_s());
    EXPECT_GE(static_cast<double>(settled.served), 0.9 * 5 * service.capacity());
    EXPECT_GT(settled.shed, 0U);
  }
}

TEST(ControlledDelaySimulation, recovers_at_once_when_the_load_goes) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::mt19937_64 random(seed);
    const Service service = draw_service(random);
    Simulation simulation(service, seed);
    (void)simulation.run(2, 3 * service.capacity());
    const Phase phase = simulation.run(2, service.capacity() / 2);

    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    EXPECT_LE(phase.last_shed_s, interval_s + 2 * service.longest_call_s());
  }
}

TEST(ControlledDelaySimulation, bursts_shorter_than_the_interval_are_served_whole) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::mt19937_64 random(seed);
    const Service service = draw_service(random);
    Simulation simulation(service, seed);
    for (int i = 0; i < 5; ++i) {
      const double burst_s = interval_s / 2;
      const Phase burst = simulation.run(burst_s, 2 * service.capacity());
      const Phase rest = simulation.run(1, service.capacity() / 4);

      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", burst " << i);
      EXPECT_EQ(burst.shed + rest.shed, 0U);
    }
  }
}

TEST(ControlledDelaySimulation, half_load_is_never_shed) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::mt19937_64 random(seed);
    const Service service = draw_service(random);

    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    EXPECT_EQ(Simulation(service, seed).run(5, service.capacity() / 2).shed, 0U);
  }
}

}  // namespace
}  // namespace bazar
