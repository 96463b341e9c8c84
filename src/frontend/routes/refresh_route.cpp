#include "frontend/routes/refresh_route.hpp"

#include "catalog/coherence/refresh.hpp"
#include "catalog/wire.hpp"
#include "frontend/routes/bearer.hpp"
#include "http/problem.hpp"
#include "json/decode.hpp"

namespace bazar::frontend {
namespace {

http::Response answer(const http::Request& request, CoherentCache& cache, std::string_view token) {
  if (!bears_token(request, token)) return unauthorized("bazar services");
  const auto code = request.header(catalog::wire::currency_header);
  const auto currency = find_currency(code.value_or(""));
  if (!currency) {
    return http::to_response(
        http::bad_request({catalog::wire::currency_header, "must name the books' currency"}));
  }
  const auto refresh = json::decode<catalog::Refresh>(request.body, {.money_decimals = currency->decimals});
  if (!refresh) return http::to_response(http::bad_request(refresh.error()));
  for (const catalog::RefreshedBook& refreshed : refresh->books) {
    cache.refresh(make_entry(refreshed.book, refresh->epoch, refreshed.as_of));
  }
  return http::no_content();
}

Task<http::Response> refresh(http::Request& request, CoherentCache& cache, std::string_view token) {
  co_return answer(request, cache, token);
}

}  // namespace

void add_refresh_route(http::Router& router, CoherentCache& cache, std::string service_token) {
  router.add(http::Method::post, "/refresh", http::BodyRule::json(catalog::Refresh::max_bytes),
             [&cache, token = std::move(service_token)](http::Request& request) {
               return refresh(request, cache, token);
             });
}

}  // namespace bazar::frontend
