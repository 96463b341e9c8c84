#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frontend/gateway.hpp"
#include "http/router.hpp"

namespace bazar::frontend {

/// Answers a shopper. May throw what an http::Handler may.
using PublicHandler = std::function<http::Reply(Gateway&, http::Request&)>;

/// The fields that every public answer has.
[[nodiscard]] std::vector<http::Header> public_headers(const std::string& name);

/// What no route answers (unknown addresses, refused requests, failures) is told as page, lines or JSON, and
/// an outage in a customer's words.
void answer_problems(http::Router& router, Gateway& gateway);

/// Refuses, at the pace of `Refusals`, what comes while there is more than can be served: 503
/// `/problems/overloaded`.
[[nodiscard]] http::Reply shed(Gateway& gateway, const http::Request& request);

/// Adds a public route, its handler behind the rate limit. What the handler's coroutine ends with Overloaded
/// is shed.
void add_public(http::Router& router, Gateway& gateway, http::Method method, std::string pattern,
                PublicHandler handler, http::BodyRule body = http::BodyRule::none());

}  // namespace bazar::frontend
