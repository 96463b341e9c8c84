#include "load/result.hpp"

namespace bazar::load {

void OperationResult::merge(const OperationResult& other) {
  latency.merge(other.latency);
  shed_latency.merge(other.shed_latency);
  succeeded += other.succeeded;
  refused += other.refused;
  shed += other.shed;
  unexpected += other.unexpected;
  timed_out += other.timed_out;
  lost += other.lost;
  hits += other.hits;
  misses += other.misses;
  bypasses += other.bypasses;
}

OperationResult Result::all() const {
  OperationResult sum;
  for (const OperationResult& operation : by_operation) sum.merge(operation);
  return sum;
}

}  // namespace bazar::load
