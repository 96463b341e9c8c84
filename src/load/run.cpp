#include "load/run.hpp"

#include <sys/resource.h>

#include "load/generator.hpp"

namespace bazar::load {
namespace {

/// A connection is a descriptor, and the usual limit is 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result run(const Plan& plan, const Observer& observer, std::stop_token stop) {
  raise_descriptor_limit();
  return Generator(plan, observer).run(stop);
}

}  // namespace bazar::load
