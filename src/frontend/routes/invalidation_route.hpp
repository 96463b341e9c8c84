#pragma once

#include <string>

#include "frontend/coherence/coherent_cache.hpp"
#include "http/router.hpp"

namespace bazar::frontend {

/// `POST /invalidate`: a catalog's writer asks for approval before it commits (docs/protocol.md, rules 1 and
/// 3). Needs the service token from everywhere, loopback included: whoever may call it can empty the cache.
/// 200 approves; 409 is another incarnation's, and no approval. No I/O and no rate limit. `cache` outlives
/// the router.
void add_invalidation_route(http::Router& router, CoherentCache& cache, std::string service_token);

}  // namespace bazar::frontend
