#include "frontend/invalidation_route.hpp"

#include "catalog/invalidation.hpp"
#include "frontend/bearer.hpp"
#include "http/problem.hpp"
#include "json/decode.hpp"

namespace bazar::frontend {
namespace {

constexpr std::size_t max_body_bytes = std::size_t{8} << 20;  // a write batch may touch many books

http::Response answer(const http::Request& request, CoherentCache& cache, std::string_view token) {
  if (!bears_token(request, token)) return unauthorized("bazar services");
  const auto invalidation = json::decode<catalog::Invalidation>(request.body);
  if (!invalidation) return http::to_response(http::bad_request(invalidation.error()));
  if (cache.invalidate(*invalidation)) return http::json_response(200, "{}");
  return http::to_response(
      {.status = 409,
       .slug = "other-incarnation",
       .title = "Another incarnation",
       .detail = "This front-end is registered anew, or not yet. Nothing was approved."});
}

Task<http::Response> invalidate(http::Request& request, CoherentCache& cache, std::string_view token) {
  co_return answer(request, cache, token);
}

}  // namespace

void add_invalidation_route(http::Router& router, CoherentCache& cache, std::string service_token) {
  router.add(http::Method::post, "/invalidate", http::BodyRule::json(max_body_bytes),
             [&cache, token = std::move(service_token)](http::Request& request) {
               return invalidate(request, cache, token);
             });
}

}  // namespace bazar::frontend
