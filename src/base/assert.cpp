#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace bazar {

void assertion_failed(const char* condition, const char* why, std::source_location where) {
  std::fprintf(stderr, "%s:%u: invariant broken: %s (%s)\n", where.file_name(), where.line(), condition, why);
  std::abort();
}

}  // namespace bazar
