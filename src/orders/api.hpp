#pragma once

#include <string>

#include "base/clock.hpp"
#include "catalog/client.hpp"
#include "http/router.hpp"
#include "orders/purchaser.hpp"
#include "orders/store.hpp"

namespace bazar::orders {

/// What the routes of one loop work with; all of it outlives the router.
struct ApiParts {
  Purchaser& purchaser;
  Store& store;
  catalog::Client catalog;
  std::string service_token;  ///< see http::require_service_token
};

/// Adds the order service's routes (docs: the HTTP contract, orders): `POST /orders`, `POST /orders/batch`,
/// `GET /orders/{order_id}`, `GET /orders`.
void add_order_routes(http::Router& router, const ApiParts& parts);

}  // namespace bazar::orders
