#pragma once

#include <string>

#include "frontend/gateway.hpp"
#include "frontend/routes/representation.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace bazar::frontend {

/// Reads `target` from a tier on behalf of `request`, with failover. Statuses other than 200, 400 and 404 are
/// the tier's trouble, not the shopper's: they throw Unavailable or Overloaded.
Task<balancer::Upstream::Answer> fetch(balancer::Upstream& tier, std::string target,
                                       const http::Request& request);

/// A tier's refusal, in the representation that the client wants.
[[nodiscard]] http::Response relay_problem(const Gateway& gateway, Representation as,
                                           const balancer::Upstream::Answer& answer);

/// `path?after=…&limit=…`: the paging of `request`, and `fixed` parameters before it, for a tier's list.
/// Values are encoded, not judged: the tier does that.
[[nodiscard]] std::string paged_target(std::string path, std::string_view fixed,
                                       const http::Request& request);

}  // namespace bazar::frontend
