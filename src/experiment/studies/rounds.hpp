#pragma once

#include <cstddef>

#include "experiment/laboratory.hpp"

namespace bazar::experiment {

/// Whose turn it is, both counted from 0.
struct Turn {
  std::size_t round;
  std::size_t setup;
};

/// Lets `setups` take turns `rounds` times, in the opposite order every other time, so that none always
/// follows the same one. Tells the laboratory how far it is.
template <class Measure>
void take_turns(Laboratory& laboratory, std::size_t rounds, std::size_t setups, const Measure& measure) {
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < setups; ++i) {
      measure(Turn{.round = round, .setup = round % 2 == 0 ? i : setups - 1 - i});
      laboratory.done(static_cast<double>(round * setups + i + 1) / static_cast<double>(rounds * setups));
    }
  }
}

}  // namespace bazar::experiment
