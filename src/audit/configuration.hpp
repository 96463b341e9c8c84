#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <limits>
#include <optional>

#include "audit/history.hpp"

namespace bazar::audit::detail {

/// An operation's index in the history.
using OperationIndex = std::uint32_t;

/// What the book may be at an instant, and which of the operations still under way would have made it so.
struct Configuration {
  Money price;
  std::int64_t quantity = 0;
  /// The version is at least this. Exactly this where `exact`.
  Revision least = std::numeric_limits<Revision>::min();
  bool exact = false;
  /// Nobody sees the middle of a batch: once read, a version is complete, and the next write has a later one.
  bool settled = true;
  /// Under way at this instant, but in this configuration already in effect. Ascending.
  boost::container::small_vector<OperationIndex, 24> taken;

  friend bool operator==(const Configuration&, const Configuration&) = default;

  [[nodiscard]] bool has_taken(OperationIndex operation) const;
  void take(OperationIndex operation);
  void forget(OperationIndex operation);
};

struct ConfigurationHash {
  std::size_t operator()(const Configuration& configuration) const noexcept;
};

/// Whether the operation's answer (of a read: what was seen; of a refusal: that there was too little) is true
/// of `book`, which it leaves as it is.
[[nodiscard]] bool observes(const Operation& operation, const Configuration& book);
/// Takes what the read tells about the version into account. It must observe the book.
void settle(const Operation& read, Configuration& book);

/// Lets a write happen. False where it cannot happen to this book, which is then left as it was.
[[nodiscard]] bool apply_write(const Operation& write, Configuration& book);

}  // namespace bazar::audit::detail
