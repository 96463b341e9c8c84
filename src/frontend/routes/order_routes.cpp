#include "frontend/pages/plain_text.hpp"
#include "frontend/routes/edge.hpp"
#include "frontend/routes/relay.hpp"
#include "frontend/routes/replies.hpp"
#include "frontend/routes/routes.hpp"
#include "frontend/routes/wire.hpp"

namespace bazar::frontend {
namespace {

/// Orders name people: no cache between here and them may keep one.
http::Response finish_order(const Gateway& gateway, http::Response response,
                            const balancer::Upstream::Answer& answer) {
  response.set("Cache-Control", "no-store");
  set_served_by(response, gateway.options.name, answer.replica);
  return response;
}

Task<http::Response> one_order(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  const auto id = parse_order_id(request.params[0]);
  if (!id) co_return reply_problem(gateway, as, http::bad_request({"order_id", "an order's id is a UUID"}));
  const auto answer = co_await fetch(gateway.orders, "/orders/" + to_string(*id), request);
  if (answer.response.status == 404) {
    co_return finish_order(
        gateway, reply_problem(gateway, as, http::not_found("There is no order with this id.")), answer);
  }
  if (answer.response.status != 200) co_return relay_problem(gateway, as, answer);
  http::Response response;
  switch (as) {
    case Representation::json:
      response = http::json_response(200, answer.response.body);
      break;
    case Representation::html:
      response = html_response(200, gateway.pages.order(decode_answer<orders::Order>(answer)));
      break;
    case Representation::text:
      response = http::text_response(200, plain_text::order(decode_answer<orders::Order>(answer)));
      break;
  }
  co_return finish_order(gateway, std::move(response), answer);
}

http::Response write_orders(const Gateway& gateway, Representation as, std::string_view name,
                            const http::Request& request, const balancer::Upstream::Answer& answer) {
  if (as == Representation::json) return http::json_response(200, answer.response.body);
  OrdersBody body = decode_answer<OrdersBody>(answer);
  OrderList list{std::string(name), std::move(body.orders), {}};
  if (body.next.value) {
    list.next_link = "/orders?name=" + percent_encoded(name);
    if (const auto limit = request.query_param("limit"))
      list.next_link += "&limit=" + percent_encoded(*limit);
    list.next_link += "&after=" + percent_encoded(*body.next.value);
  }
  return as == Representation::html ? html_response(200, gateway.pages.orders(list))
                                    : http::text_response(200, plain_text::orders(list));
}

Task<http::Response> orders_of(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  const auto name = request.query_param("name");
  if (!name)
    co_return reply_problem(gateway, as, http::bad_request({"name", "say whose orders: /orders?name=…"}));
  // An empty name would list everybody's orders to anybody.
  if (const auto valid = orders::validate_name(*name); !valid) {
    co_return reply_problem(gateway, as, http::bad_request({"name", valid.error().detail}));
  }
  const auto answer = co_await fetch(
      gateway.orders, paged_target("/orders", "name=" + percent_encoded(*name), request), request);
  if (answer.response.status != 200) co_return relay_problem(gateway, as, answer);
  co_return finish_order(gateway, write_orders(gateway, as, *name, request, answer), answer);
}

}  // namespace

void add_order_routes(http::Router& router, Gateway& gateway) {
  add_public(router, gateway, http::Method::get, "/orders/{order_id}", one_order);
  add_public(router, gateway, http::Method::get, "/orders", orders_of);
}

}  // namespace bazar::frontend
