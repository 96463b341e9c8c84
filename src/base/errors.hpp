#pragma once

#include <stdexcept>
#include <string>

namespace bazar {

/// What a business rule refuses is a value (`std::expected`). These are outages: thrown, and caught once, at
/// the session's edge, where they become 503 with `Retry-After`.
class Outage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The request's time is up. What was under way may still happen: the outcome is unknown, not failed.
class DeadlineExceeded : public Outage {
 public:
  using Outage::Outage;
};

/// A bounded queue is full. Nothing was done.
class Overloaded : public Outage {
 public:
  using Outage::Outage;
};

/// No replica of a service can be reached, or the database cannot.
class Unavailable : public Outage {
 public:
  using Outage::Outage;
};

/// A field of the input that is not as the contract wants it.
struct FieldError {
  std::string field;   ///< path such as `lines[0].quantity`; empty for the whole body
  std::string detail;  ///< for people; says what was expected, repeats nothing of the input
  friend bool operator==(const FieldError&, const FieldError&) = default;
};

}  // namespace bazar
