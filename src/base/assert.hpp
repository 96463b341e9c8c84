#pragma once

#include <source_location>

namespace bazar {

/// Reports a broken invariant on standard error and aborts. A wrong answer is worse than a restart: the
/// supervisor starts the process again, and what must last is in the database.
[[noreturn]] void assertion_failed(const char* condition, const char* why,
                                   std::source_location where = std::source_location::current());

}  // namespace bazar

/// Checks an invariant in every build. Use for what can only be false through a bug, never for bad input.
#define BAZAR_ASSERT(condition, why) \
  ((condition) ? static_cast<void>(0) : ::bazar::assertion_failed(#condition, why))
