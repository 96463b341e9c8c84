#include "audit/record.hpp"

#include <algorithm>

namespace bazar::audit {

void Availability::begin(SteadyTime now) {
  for (OfKind& kind : kinds_) kind.last = now;
}

void Availability::answered(OperationKind kind, SteadyTime now) {
  OfKind& seen = of(kind);
  ++seen.answers;
  seen.longest = std::max(seen.longest, now - seen.last);
  seen.last = now;
}

void Availability::end(SteadyTime now) {
  for (OfKind& kind : kinds_) kind.longest = std::max(kind.longest, now - kind.last);
}

milliseconds Availability::longest_gap(OperationKind kind) const {
  return std::chrono::ceil<milliseconds>(of(kind).longest);
}

std::uint64_t Record::operations() const {
  std::uint64_t sum = 0;
  for (const BookRecord& book : books) sum += book.history.size();
  return sum;
}

}  // namespace bazar::audit
