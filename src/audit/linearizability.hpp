#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/history.hpp"

namespace bazar::audit {

/// Why a history is not linearizable: the first operation that no order of the former ones explains.
struct Violation {
  std::size_t operation = 0;  ///< its index in the history
  std::string explanation;    ///< in words, with the operations concerned and what was possible instead
};

struct LinearizabilityOptions {
  /// At most so many possible states of the book are followed at a time. More make the check give up, which
  /// is no verdict.
  std::size_t max_configurations = 200'000;
};

struct LinearizabilityResult {
  std::optional<Violation> violation;
  bool undecided = false;  ///< it gave up
  [[nodiscard]] bool linearizable() const { return !violation && !undecided; }
};

/// Is there an order of the operations on one book, each at an instant between its `invoked` and `answered`,
/// in which a book with price and stock would have given these answers? (Herlihy and Wing 1990. Since
/// linearizability is local, a store is linearizable if each book's history is.) Searched in time order as in
/// Lowe, "Testing for linearizability" (2017): just-in-time linearization, over configurations of book and
/// pending operations taken. `history` in any order; the book was in state `initial` before the first. Nobody
/// else may have changed the book.
///
/// A question at the very instant of an answer counts as concurrent with it: the clock cannot tell, and a
/// coarse one must not accuse. Of unknown outcomes nothing is demanded; versions are used where known, so a
/// history with versions is checked more sharply, and more quickly, than one without.
[[nodiscard]] LinearizabilityResult check_linearizability(std::span<const Operation> history,
                                                          const BookState& initial,
                                                          const LinearizabilityOptions& options = {});

}  // namespace bazar::audit
