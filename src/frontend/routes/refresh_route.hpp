#pragma once

#include <string>

#include "frontend/coherence/coherent_cache.hpp"
#include "http/router.hpp"

namespace bazar::frontend {

/// `POST /refresh`: a catalog sends the new values of what it has committed (catalog/coherence/refresh.hpp).
/// Needs the service token from everywhere: whoever may call it can put words into the cache. 204 whether or
/// not the cache took any of it: nobody waits to be told. No I/O and no rate limit. `cache` outlives the
/// router.
void add_refresh_route(http::Router& router, CoherentCache& cache, std::string service_token);

}  // namespace bazar::frontend
