#pragma once

#include "frontend/gateway.hpp"
#include "http/router.hpp"

namespace bazar::frontend {

/// The public routes by subject, each in the file of that name. `gateway` outlives `router`, and both stay on
/// one loop.
void add_books_routes(http::Router& router, Gateway& gateway);  ///< /search/{topic}, /info/{id}: cached
void add_search_routes(http::Router& router,
                       Gateway& gateway);  ///< /search, /info, /topics: lists, never cached
void add_purchase_routes(http::Router& router, Gateway& gateway);    ///< /purchase/{id}, /checkout
void add_order_routes(http::Router& router, Gateway& gateway);       ///< /orders
void add_shopkeeper_routes(http::Router& router, Gateway& gateway);  ///< /books: writes, passed to a catalog
void add_page_routes(http::Router& router, Gateway& gateway);        ///< /, /assets

}  // namespace bazar::frontend
