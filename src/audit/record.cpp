#include "audit/record.hpp"

#include <algorithm>

namespace bazar::audit {

void Availability::tried(OperationKind kind, SteadyTime now) {
  OfKind& tried = of(kind);
  ++tried.waiting;
  if (!tried.without_answer_since) tried.without_answer_since = now;
}

void Availability::answered(OperationKind kind, SteadyTime now) {
  OfKind& seen = of(kind);
  ++seen.answers;
  --seen.waiting;
  if (seen.without_answer_since) seen.longest = std::max(seen.longest, now - *seen.without_answer_since);
  seen.without_answer_since.reset();
  if (seen.waiting > 0) seen.without_answer_since = now;
}

// A failed try is no answer: the time without one goes on.
void Availability::failed(OperationKind kind, const std::string& how) {
  --of(kind).waiting;
  ++failures_[how];
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
