#include "catalog/wire.hpp"
#include "frontend/routes/bearer.hpp"
#include "frontend/routes/edge.hpp"
#include "frontend/routes/relay.hpp"
#include "frontend/routes/replies.hpp"
#include "frontend/routes/routes.hpp"
#include "http/syntax.hpp"

namespace bazar::frontend {
namespace {

constexpr std::array forwarded_headers{"Idempotency-Key", "If-Match", "Content-Type"};
constexpr std::array relayed_headers{"Location", "ETag", "Idempotent-Replayed", "Retry-After"};

/// Whether sending twice is the same as once. By HTTP's own rules for PUT and DELETE; a patch only where a
/// version guards it; another POST only with a key. An import's rows each carry a key in the body.
bool is_idempotent(const http::Request& request) {
  switch (request.method) {
    case http::Method::put:
    case http::Method::del:
      return true;
    case http::Method::patch:
      return request.header("If-Match").has_value();
    default:
      return request.header("Idempotency-Key").has_value() || request.target.starts_with("/books/batch");
  }
}

http::ClientRequest forward(const http::Request& request) {
  http::ClientRequest forwarded;
  forwarded.method = request.method;
  forwarded.target = std::string(request.target);
  forwarded.body = std::string(request.body);
  forwarded.trace = request.trace;
  forwarded.idempotent = is_idempotent(request);
  // All of a name: a repeated key or version is the catalog's to refuse.
  for (const http::HeaderView& header : request.headers) {
    for (const std::string_view name : forwarded_headers) {
      if (http::equal_ignoring_case(header.name, name))
        forwarded.headers.push_back({std::string(name), std::string(header.value)});
    }
  }
  return forwarded;
}

/// The tiers' own trouble (wrong service token, crash, outage) is no answer for a shopkeeper.
bool is_answer(unsigned status) {
  return (status >= 200 && status < 300) || (status >= 400 && status < 500 && status != 401);
}

/// A refusal is told as its reader wants it; what a write made is always JSON.
http::Response relay(const Gateway& gateway, Representation as, balancer::Upstream::Answer answer) {
  http::Response response;
  if (answer.response.status >= 400) {
    response = reply_problem(gateway, as, http::read_problem(answer.response.status, answer.response.body));
  } else {
    response.status = answer.response.status;
    if (const auto type = answer.response.header("Content-Type"))
      response.set("Content-Type", std::string(*type));
    response.body = std::move(answer.response.body);
  }
  for (const std::string_view name : relayed_headers) {
    if (const auto value = answer.response.header(name)) response.set(std::string(name), std::string(*value));
  }
  response.set("Cache-Control", "no-store");
  set_served_by(response, gateway.options.name, answer.replica);
  return response;
}

http::Response token_needed(const Gateway& gateway, Representation as) {
  http::Response response = reply_problem(gateway, as, token_problem());
  response.set("WWW-Authenticate", challenge("bazar shopkeeper"));
  return response;
}

Task<http::Response> write(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  if (!bears_token(request, gateway.options.shopkeeper_token)) co_return token_needed(gateway, as);
  balancer::Upstream::Answer answer = co_await gateway.catalog.send(forward(request), request.deadline);
  if (!is_answer(answer.response.status)) balancer::throw_outage(answer);
  co_return relay(gateway, as, std::move(answer));
}

}  // namespace

void add_shopkeeper_routes(http::Router& router, Gateway& gateway) {
  const http::BodyRule patch{{"application/json", "application/merge-patch+json"}};
  add_public(router, gateway, http::Method::post, "/books", write, http::BodyRule::json());
  add_public(router, gateway, http::Method::post, "/books/batch", write,
             http::BodyRule::json(catalog::wire::batch_body_bytes));
  add_public(router, gateway, http::Method::put, "/books/{id}", write, http::BodyRule::json());
  add_public(router, gateway, http::Method::patch, "/books/{id}", write, patch);
  add_public(router, gateway, http::Method::del, "/books/{id}", write);
  add_public(router, gateway, http::Method::post, "/books/{id}/stock", write, http::BodyRule::json());
}

}  // namespace bazar::frontend
