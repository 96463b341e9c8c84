#pragma once

#include "audit/history.hpp"

/// Operations of a history written by hand. Times are milliseconds from one origin, prices minor units.
namespace bazar::audit::testing {

inline SteadyTime at_ms(int ms) { return SteadyTime(std::chrono::hours(1)) + milliseconds(ms); }

inline Operation operation(OperationKind kind, int invoked, int answered) {
  Operation made;
  made.kind = kind;
  made.outcome = Outcome::done;
  made.invoked = at_ms(invoked);
  made.answered = at_ms(answered);
  return made;
}

inline Operation read(int invoked, int answered, std::int64_t price, std::int64_t quantity,
                      std::optional<Revision> version = {}) {
  Operation made = operation(OperationKind::read, invoked, answered);
  made.seen = {Money{price}, quantity};
  made.version = version;
  return made;
}

inline Operation set_price(int invoked, int answered, std::int64_t price,
                           std::optional<Revision> version = {}) {
  Operation made = operation(OperationKind::set_price, invoked, answered);
  made.seen.price = Money{price};
  made.version = version;
  return made;
}

inline Operation add_stock(int invoked, int answered, std::int64_t delta,
                           std::optional<Revision> version = {}) {
  Operation made = operation(OperationKind::add_stock, invoked, answered);
  made.count = delta;
  made.version = version;
  return made;
}

inline Operation buy(int invoked, int answered, std::int64_t copies, std::int64_t price,
                     std::optional<Revision> version = {}) {
  Operation made = operation(OperationKind::buy, invoked, answered);
  made.count = copies;
  made.seen.price = Money{price};
  made.version = version;
  return made;
}

inline Operation refused(Operation made) {
  made.outcome = Outcome::refused;
  made.version.reset();
  return made;
}

inline Operation unknown(Operation made) {
  made.outcome = Outcome::unknown;
  made.answered = SteadyTime::max();
  made.version.reset();
  return made;
}

inline Operation by(std::uint32_t client, Operation made) {
  made.client = client;
  return made;
}

}  // namespace bazar::audit::testing
