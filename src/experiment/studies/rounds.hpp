#pragma once

#include <cstddef>

#include "experiment/laboratory.hpp"

namespace bazar::experiment {

/// Whose turn it is, both counted from 0, and how much of it.
struct Turn {
  std::size_t round;
  std::size_t setup;
  int most;          ///< so often at most
  SteadyTime until;  ///< on a slow machine: not beyond this, but a few times in any case

  [[nodiscard]] bool goes_on(int done) const {
    constexpr int least = 5;
    return done < most && (done < least || std::chrono::steady_clock::now() < until);
  }
};

/// Lets `setups` take turns `rounds` times, in the opposite order every other time, so that none always
/// follows the same one. All turns together take a minute at most, a quick study's 12 s, where they are but
/// the first `part` of a study that part of it. Tells the laboratory how far it is.
template <class Measure>
void take_turns(Laboratory& laboratory, std::size_t rounds, std::size_t setups, int most,
                const Measure& measure, double part = 1) {
  const auto turns = static_cast<double>(rounds * setups);
  const std::chrono::duration<double> all_turns(part * laboratory.choose(60., 12.));
  const auto turn_time = std::chrono::duration_cast<milliseconds>(all_turns / turns);
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < setups; ++i) {
      measure(Turn{.round = round,
                   .setup = round % 2 == 0 ? i : setups - 1 - i,
                   .most = most,
                   .until = std::chrono::steady_clock::now() + turn_time});
      laboratory.done(part * static_cast<double>(round * setups + i + 1) / turns);
    }
  }
}

}  // namespace bazar::experiment
