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

bool is_reading(const http::Request& request) {
  return request.method == http::Method::get || request.method == http::Method::head;
}

http::Problem overloaded(const http::Request& request) {
  // An earlier try with the same key may have bought: this one says nothing of that.
  http::Problem problem = http::overloaded(
      is_reading(request)
          ? "More is being looked up than the store can handle. Please try again in a moment."
          : "More is being bought than the store can handle. This request bought or changed nothing. Please "
            "try "
            "again in a moment; if it repeats an earlier one, with the same Idempotency-Key.");
  problem.title = "The store is busy";
  return problem;
}

http::Problem outage(const http::Request& request) {
  http::Problem problem = http::unavailable(
      is_reading(request)
          ? "The store cannot answer right now. Nothing is lost: please try again in a moment."
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

/// Who was let in and found no room further on is refused as those are who were not.
Task<http::Response> shed_if_overloaded(Gateway& gateway, const http::Request& request,
                                        Task<http::Response> answer) {
  http::Reply refusal;
  try {
    co_return co_await std::move(answer);
  } catch (const Overloaded&) {
    refusal = shed(gateway, request);
  }
  if (auto* const in_turn = std::get_if<Task<http::Response>>(&refusal))
    co_return co_await std::move(*in_turn);
  co_return std::get<http::Response>(std::move(refusal));
}

}  // namespace

http::Reply shed(Gateway& gateway, const http::Request& request) {
  return gateway.refusals->send(reply_problem(gateway, representation_of(request), overloaded(request)));
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
               http::Reply reply = handler(gateway, request);
               if (auto* const later = std::get_if<Task<http::Response>>(&reply))
                 return shed_if_overloaded(gateway, request, std::move(*later));
               return reply;
             });
}

}  // namespace bazar::frontend
