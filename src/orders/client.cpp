#include "orders/client.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "json/decode.hpp"
#include "json/encode.hpp"
#include "orders/wire.hpp"

namespace bazar::orders {
namespace {

std::string encoded(std::string_view value) {
  return boost::urls::encode(value, boost::urls::unreserved_chars);
}

/// The amounts parameter that every request of this client carries.
std::string minor_amounts() {
  return std::string(wire::amounts_parameter) + "=" + std::string(wire::amounts_minor);
}

template <class T>
T read(const http::ClientResponse& response) {
  auto value = json::decode<T>(response.body, wire::minor_units);
  if (!value) throw Unavailable("an order service's answer is malformed at " + value.error().field);
  return *std::move(value);
}

/// Whatever else it says, the outcome is unknown: an outage, not a fault of this process.
void expect_success(const balancer::Upstream::Answer& answer) {
  if (answer.response.status != 200) balancer::throw_outage(answer);
}

PurchaseOutcome to_outcome(wire::Outcome<Order> outcome) {
  const auto status = parse_purchase_status(outcome.status);
  if (!status || (*status == PurchaseStatus::bought) != outcome.order.has_value()) {
    throw Unavailable("an order service's answer is malformed at outcomes");
  }
  PurchaseOutcome result{.status = *status, .replayed = outcome.replayed, .order = {}, .refused = {}};
  result.order = std::move(outcome.order);
  if (outcome.refused) result.refused = *std::move(outcome.refused);
  if (outcome.error) result.error = FieldError{outcome.error->field, outcome.error->detail};
  return result;
}

// The coroutines behind the client take copies: a caller may let go of its arguments while they are
// suspended.

Task<Client::Outcomes> send_purchases(balancer::Upstream& upstream, std::vector<PurchaseRequest> requests,
                                      SteadyTime deadline, observe::TraceContext trace) {
  const std::size_t count = requests.size();
  http::ClientRequest request{.method = http::Method::post,
                              .target = "/orders/batch?" + minor_amounts(),
                              .body = json::encode(wire::Batch{std::move(requests)}),
                              .trace = trace};
  auto answer = co_await upstream.send(std::move(request), deadline);
  expect_success(answer);
  auto body = read<wire::Outcomes<Order>>(answer.response);
  if (body.outcomes.size() != count) {
    throw Unavailable("an order service answered another number of purchases");
  }
  Client::Outcomes result{.outcomes = {}, .replica = std::move(answer.replica)};
  result.outcomes.reserve(count);
  for (auto& outcome : body.outcomes) result.outcomes.push_back(to_outcome(std::move(outcome)));
  co_return result;
}

Task<Client::Found> send_find(balancer::Upstream& upstream, OrderId id, SteadyTime deadline,
                              observe::TraceContext trace) {
  http::ClientRequest request{.target = "/orders/" + to_string(id) + "?" + minor_amounts(), .trace = trace};
  auto answer = co_await upstream.send(std::move(request), deadline);
  if (answer.response.status == 404) co_return Client::Found{std::nullopt, std::move(answer.replica)};
  expect_success(answer);
  co_return Client::Found{read<Order>(answer.response), std::move(answer.replica)};
}

Task<Client::Listed> send_list(balancer::Upstream& upstream, std::string target, SteadyTime deadline,
                               observe::TraceContext trace) {
  http::ClientRequest request{.target = std::move(target), .trace = trace};
  auto answer = co_await upstream.send(std::move(request), deadline);
  expect_success(answer);
  auto body = read<wire::OrderPage<Order>>(answer.response);
  co_return Client::Listed{.page = {.items = std::move(body.orders), .next = std::move(body.next.value)},
                           .replica = std::move(answer.replica)};
}

}  // namespace

Task<Client::Outcomes> Client::purchase(std::vector<PurchaseRequest> requests, SteadyTime deadline,
                                        const observe::TraceContext& trace) {
  return send_purchases(upstream_, std::move(requests), deadline, trace);
}

Task<Client::Found> Client::find(OrderId id, SteadyTime deadline, const observe::TraceContext& trace) {
  return send_find(upstream_, id, deadline, trace);
}

Task<Client::Listed> Client::list(std::string name, std::optional<OrderId> after, std::size_t limit,
                                  SteadyTime deadline, const observe::TraceContext& trace) {
  std::string target = "/orders?" + minor_amounts();
  target += name.empty() ? "&all=1" : "&name=" + encoded(name);
  target += "&limit=" + std::to_string(limit);
  if (after) target += "&after=" + to_string(*after);
  return send_list(upstream_, std::move(target), deadline, trace);
}

}  // namespace bazar::orders
