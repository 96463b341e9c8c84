#include "experiment/in_words.hpp"

#include <fmt/format.h>

#include "report/readable.hpp"

namespace bazar::experiment {

using report::Estimate;
using report::readable;

namespace {

std::string interval_of(const Estimate& estimate) {
  return estimate.is_bounded()
             ? fmt::format("95 %: {} to {}", readable(estimate.low), readable(estimate.high))
             : "a single round";
}

}  // namespace

std::string with_interval(const Estimate& estimate, std::string_view unit) {
  return fmt::format("{} {} ({})", readable(estimate.value), unit, interval_of(estimate));
}

std::string compare_times(std::string_view a, std::string_view b, const Estimate& ratio) {
  if (ratio.contains(1)) {
    return fmt::format("between {} and {} no difference can be told from the noise (ratio {}; {})", a, b,
                       readable(ratio.value), interval_of(ratio));
  }
  return fmt::format("{} takes {} times as long as {} ({})", a, readable(ratio.value), b, interval_of(ratio));
}

std::string percent(double share) { return readable(100 * share) + " %"; }

}  // namespace bazar::experiment
