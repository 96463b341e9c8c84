#include "frontend/routes/invalidation_route.hpp"

#include <boost/describe/class.hpp>
#include <optional>

#include "catalog/coherence/invalidation.hpp"
#include "catalog/coherence/refresh.hpp"
#include "frontend/routes/bearer.hpp"
#include "http/problem.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::frontend {
namespace {

/// As catalog::Invalidation, but `listing` may be left out: the protocol has it only where a listing changes.
struct InvalidationBody {
  std::string epoch;
  std::string incarnation;
  Revision revision = 0;
  std::vector<BookId> books;
  std::optional<bool> listing;
};
BOOST_DESCRIBE_STRUCT(InvalidationBody, (), (epoch, incarnation, revision, books, listing))

/// Those of what a front-end caches that it names in its approval.
std::vector<BookId> worth_a_refresh(std::vector<BookId> cached) {
  if (cached.size() > catalog::Refresh::max_books) cached.clear();
  return cached;
}

constexpr std::size_t max_body_bytes = std::size_t{8} << 20;  // a write batch may touch many books

http::Response answer(const http::Request& request, CoherentCache& cache, std::string_view token) {
  if (!bears_token(request, token)) return unauthorized("bazar services");
  auto body = json::decode<InvalidationBody>(request.body);
  if (!body) return http::to_response(http::bad_request(body.error()));
  const catalog::Invalidation invalidation{std::move(body->epoch), std::move(body->incarnation),
                                           body->revision, std::move(body->books),
                                           body->listing.value_or(false)};
  if (auto cached = cache.invalidate(invalidation))
    return http::json_response(200, json::encode(catalog::ApprovalBody{worth_a_refresh(std::move(*cached))}));
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
