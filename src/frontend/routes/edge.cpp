#include "frontend/routes/edge.hpp"

#include "frontend/routes/replies.hpp"

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

http::Response write_problem(const Gateway& gateway, const http::Request& request,
                             const http::Problem& problem) {
  return reply_problem(gateway, representation_of(request),
                       problem.status == 503 ? outage(request) : problem);
}

}  // namespace

http::Problem overloaded(std::string detail) {
  return {.status = 503,
          .slug = "overloaded",
          .title = "The store is busy",
          .detail = std::move(detail),
          .retry_after = std::chrono::seconds(1)};
}

http::Reply shed(Gateway& gateway, const http::Request& request, std::string detail) {
  return gateway.refusals->send(
      reply_problem(gateway, representation_of(request), overloaded(std::move(detail))));
}

std::vector<http::Header> public_headers(const std::string& name) {
  return {{"X-Served-By", name}, {"Vary", "Accept"}, {"X-Content-Type-Options", "nosniff"}};
}

void answer_problems(http::Router& router, Gateway& gateway) {
  router.set_problem_writer([&gateway](const http::Request& request, const http::Problem& problem) {
    return write_problem(gateway, request, problem);
  });
}

void add_public(http::Router& router, Gateway& gateway, http::Method method, std::string pattern,
                PublicHandler handler, http::BodyRule body) {
  router.add(method, std::move(pattern), std::move(body),
             [&gateway, handler = std::move(handler)](http::Request& request) -> http::Reply {
               if (gateway.rate_limiter) {
                 const auto wait = gateway.rate_limiter->refuse(request.peer, gateway.clock.now());
                 if (wait)
                   return reply_problem(gateway, representation_of(request), too_many_requests(*wait));
               }
               return handler(gateway, request);
             });
}

}  // namespace bazar::frontend
