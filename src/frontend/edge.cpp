#include "frontend/edge.hpp"

#include "frontend/replies.hpp"
#include "observe/log.hpp"

namespace bazar::frontend {
namespace {

http::Problem too_many_requests(milliseconds wait) {
  return {.status = 429,
          .slug = "too-many-requests",
          .title = "Too many requests",
          .detail = "Your address sends more requests than this store takes. Please slow down.",
          .retry_after = std::chrono::ceil<std::chrono::seconds>(wait)};
}

http::Problem outage(const http::Request& request) {
  const bool reading = request.method == http::Method::get || request.method == http::Method::head;
  http::Problem problem = http::unavailable(
      reading ? "The store cannot answer right now. Nothing is lost: please try again in a moment."
              : "The store cannot confirm this right now. Please try again in a moment, with the same "
                "Idempotency-Key if "
                "you sent one.");
  problem.title = "The store is not available";
  return problem;
}

void finish(http::Response& response, const Gateway& gateway) {
  if (!response.header("X-Served-By")) response.set("X-Served-By", gateway.options.name);
  response.set("Vary", "Accept");
  const auto type = response.header("Content-Type");
  if (!type || !type->starts_with("text/")) return;
  response.set("X-Content-Type-Options", "nosniff");
  if (!type->starts_with("text/html")) return;
  response.set("Content-Security-Policy",
               "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  response.set("Referrer-Policy", "same-origin");
}

Task<http::Response> serve(Gateway& gateway, PublicHandler handler, http::Request& request) {
  http::Response response;
  const auto wait =
      gateway.rate_limiter ? gateway.rate_limiter->refuse(request.peer, gateway.clock.now()) : std::nullopt;
  if (wait) {
    response = reply_problem(gateway, representation_of(request), too_many_requests(*wait));
  } else {
    try {
      response = co_await handler(gateway, request);
    } catch (const Outage& failure) {
      observe::log_warning(
          "a request failed",
          {{"target", request.target}, {"trace", request.trace.trace_id}, {"why", failure.what()}});
      response = reply_problem(gateway, representation_of(request), outage(request));
    }
  }
  finish(response, gateway);
  co_return response;
}

}  // namespace

void add_public(http::Router& router, Gateway& gateway, http::Method method, std::string pattern,
                PublicHandler handler, http::BodyRule body) {
  router.add(method, std::move(pattern), std::move(body),
             [&gateway, handler](http::Request& request) { return serve(gateway, handler, request); });
}

}  // namespace bazar::frontend
