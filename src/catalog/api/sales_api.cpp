#include "catalog/api/api_support.hpp"
#include "json/decode.hpp"

namespace bazar::catalog::api {
namespace {

using http::Request;
using http::Response;

std::expected<void, FieldError> validate(const wire::SalesRequest& body) {
  const auto at_most = [](std::string field, std::size_t count) {
    return std::unexpected(FieldError{std::move(field), "must be at most " + std::to_string(count)});
  };
  if (body.sales.size() > wire::max_sales) return at_most("sales", wire::max_sales);
  if (body.projected && body.projected->size() > wire::max_projected)
    return at_most("projected", wire::max_projected);
  for (std::size_t i = 0; i < body.sales.size(); ++i) {
    auto valid = catalog::validate(body.sales[i]);
    if (!valid) {
      valid.error().field.insert(0, "sales[" + std::to_string(i) + "].");
      return valid;
    }
  }
  return {};
}

Task<Response> post_sales(Store& store, Request& request) {
  auto body = json::decode<wire::SalesRequest>(request.body, format_of(store));
  if (!body) co_return refused(body.error());
  if (const auto valid = validate(*body); !valid) co_return refused(valid.error());
  const auto outcomes = co_await store.sell(std::move(body->sales),
                                            std::move(body->projected).value_or(std::vector<OrderId>{}));
  wire::Outcomes reply;
  reply.outcomes.reserve(outcomes.size());
  for (const auto& outcome : outcomes) reply.outcomes.push_back(wire::to_wire(outcome));
  co_return json_reply(store, 200, reply);
}

Task<Response> get_sale(Store& store, Request& request) {
  const auto order_id = parse_order_id(request.params.at(0));
  if (!order_id) co_return refused(FieldError{"order_id", "must be a UUID"});
  const auto sale = co_await store.sale(*order_id);
  if (!sale)
    co_return http::to_response(
        {404, "unknown-sale", "No such sale", "There is no sale with this order id."});
  co_return json_reply(store, 200, *sale);
}

Task<Response> get_sales(Store& store, Request& request) {
  const auto unprojected = switch_param(request, "unprojected");
  if (!unprojected) co_return refused(unprojected.error());
  if (!*unprojected) co_return refused(FieldError{"unprojected", "is missing"});
  const auto limit = page_limit(request, wire::default_page);
  if (!limit) co_return refused(limit.error());
  co_return json_reply(store, 200, wire::SaleList{co_await store.unprojected_sales(*limit)});
}

}  // namespace

void add_sales(Routes& routes) {
  routes.add(http::Method::post, "/sales", http::BodyRule::json(wire::batch_body_bytes), post_sales);
  routes.add(http::Method::get, "/sales", get_sales);
  routes.add(http::Method::get, "/sales/{order_id}", get_sale);
}

}  // namespace bazar::catalog::api
