#pragma once

#include <string>
#include <string_view>

#include "report/statistics.hpp"

namespace bazar::experiment {

// Sentences about measured values. Each says what the values say, also where that is not what was expected.

/// `1.23 ms (1.2 to 1.3)`.
[[nodiscard]] std::string with_interval(const report::Estimate& estimate, std::string_view unit);

/// Of `ratio` = time of `a` / time of `b`: `a takes 3.1 times as long as b (95 %: 2.9 to 3.4)`, or that no
/// difference can be told from the noise.
[[nodiscard]] std::string compare_times(std::string_view a, std::string_view b,
                                        const report::Estimate& ratio);

/// `37 %`.
[[nodiscard]] std::string percent(double share);

}  // namespace bazar::experiment
