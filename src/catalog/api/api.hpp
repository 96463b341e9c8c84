#pragma once

#include <string>

#include "catalog/store.hpp"
#include "http/router.hpp"

namespace bazar::catalog {

/// Adds the catalog's routes to one loop's router. `store` outlives the router; every address but loopback is
/// asked for the token.
void add_api(http::Router& router, Store& store, const std::string& service_token);

}  // namespace bazar::catalog
