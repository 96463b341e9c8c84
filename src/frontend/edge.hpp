#pragma once

#include <string>

#include "frontend/gateway.hpp"
#include "http/router.hpp"

namespace bazar::frontend {

/// Answers a shopper. May throw what an http::Handler may.
using PublicHandler = Task<http::Response> (*)(Gateway&, http::Request&);

/// Adds a public route. Around its handler: the rate limit, an outage told in a customer's words as page,
/// lines or JSON, and the headers that every public answer has (X-Served-By, Vary, and the page policies on
/// HTML).
void add_public(http::Router& router, Gateway& gateway, http::Method method, std::string pattern,
                PublicHandler handler, http::BodyRule body = http::BodyRule::none());

}  // namespace bazar::frontend
