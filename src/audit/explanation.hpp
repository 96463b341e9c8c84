#pragma once

#include <span>
#include <string>
#include <vector>

#include "audit/search.hpp"

namespace bazar::audit::detail {

/// Of an operation, for people: who, what, what was answered, and when, in seconds from `zero`.
[[nodiscard]] std::string describe(const Operation& operation, SteadyTime zero);

/// In words, why no order of the operations gives the answer of `operation`. `possible` is what the book
/// could be before that answer.
[[nodiscard]] std::string explain(std::span<const Operation> history, const BookState& initial,
                                  OperationIndex operation, const Configurations& possible,
                                  std::span<const OperationIndex> under_way);

}  // namespace bazar::audit::detail
