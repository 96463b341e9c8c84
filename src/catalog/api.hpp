#pragma once

#include <string>

#include "catalog/store.hpp"
#include "http/router.hpp"

namespace bazar::catalog {

struct ApiOptions {
  std::string name;           ///< of this replica, sent as X-Served-By
  std::string service_token;  ///< asked of every address but loopback
};

/// Adds the catalog's routes to one loop's router. `store` outlives the router.
void add_api(http::Router& router, Store& store, const ApiOptions& options);

}  // namespace bazar::catalog
