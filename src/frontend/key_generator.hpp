#pragma once

#include <string>

#include "base/ids.hpp"

namespace bazar::frontend {

/// Makes the idempotency keys of purchases that came without one: UUIDs that rise, as order ids do, since a
/// database inserts them faster than random ones. Not thread-safe: one a loop.
class KeyGenerator {
 public:
  explicit KeyGenerator(const Clock& clock) : uuids_(clock) {}
  [[nodiscard]] std::string next() { return to_string(uuids_.next()); }

 private:
  OrderIdGenerator uuids_;
};

}  // namespace bazar::frontend
