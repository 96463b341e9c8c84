#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "frontend/gateway.hpp"
#include "frontend/routes/representation.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "json/types.hpp"

namespace bazar::frontend {

/// What `request` wants to be answered in.
[[nodiscard]] Representation representation_of(const http::Request& request);

/// `X-Served-By: frontend-1, catalog-2`. Nothing to do for an empty replica: the front-end answered by
/// itself, which every answer says.
void set_served_by(http::Response& response, std::string_view frontend, std::string_view replica);

/// `Cache-Status` (RFC 9211).
void set_cache_status(http::Response& response, CacheStatus status);

/// A page, with the policies that a browser shall hold it to.
[[nodiscard]] http::Response html_response(unsigned status, std::string body);

/// Lines for a terminal, under a notice where there is one.
[[nodiscard]] http::Response lines_response(const std::string& notice, std::string lines);

/// A problem as JSON, page or lines; on these two under a notice where there is one.
[[nodiscard]] http::Response reply_problem(const Gateway& gateway, Representation as,
                                           const http::Problem& problem, const std::string& notice = {});

/// The ETag of one representation. The session answers 304 where the request names it.
void set_etag(http::Response& response, Representation as, std::string_view etag);

/// How money of this currency is written. Two decimals where the code is unknown.
[[nodiscard]] json::Format money_format(std::string_view currency_code);

/// The same for a JSON text of the other tiers, from the first `currency` in it: a store has only one.
[[nodiscard]] json::Format money_format_of(std::string_view json_text);

/// Percent-encodes everything but unreserved characters (RFC 3986, 2.3).
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace bazar::frontend
