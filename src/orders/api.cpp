#include "orders/api.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <utility>

#include "base/random.hpp"
#include "catalog/idempotency_key.hpp"
#include "catalog/wire.hpp"
#include "http/operations.hpp"
#include "http/problem.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"
#include "observe/log.hpp"
#include "orders/wire.hpp"

namespace bazar::orders {
namespace {

using http::Request;
using http::Response;

/// When a purchase must be answered so that the answer still reaches a caller who stops waiting at the
/// request's deadline.
SteadyTime answer_by(const Request& request) {
  constexpr SteadyTime::duration margin = milliseconds{50};
  const auto left = request.deadline - std::chrono::steady_clock::now();
  return request.deadline - std::clamp(left / 5, SteadyTime::duration::zero(), margin);
}

bool is_overloaded(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Overloaded&) {
    return true;
  } catch (...) {
    return false;
  }
}

http::Problem field_fault(std::string field, std::string detail) {
  return http::bad_request(FieldError{std::move(field), std::move(detail)});
}

// --- amounts

/// How the amounts of an answer are written: in major units, or in minor ones where the client asks for them.
struct Amounts {
  bool minor = false;

  [[nodiscard]] json::Format format(std::string_view currency) const {
    if (minor) return wire::minor_units;
    return {.money_decimals = find_currency(currency).value_or(Currency{}).decimals};
  }
  [[nodiscard]] json::Raw write(const Order& order) const {
    return {json::encode(order, format(order.currency))};
  }
};

std::expected<Amounts, FieldError> amounts_of(const Request& request) {
  const auto value = request.query_param(wire::amounts_parameter);
  if (!value) return Amounts{};
  if (*value != wire::amounts_minor)
    return std::unexpected(FieldError{"amounts", "must be minor where present"});
  return Amounts{.minor = true};
}

/// An answer with amounts says their currency, by which a reader knows how many decimals they have.
Response with_currency(Response response, std::string currency) {
  response.set(catalog::wire::currency_header, std::move(currency));
  return response;
}

// --- one purchase

http::Problem refused_problem(const PurchaseOutcome& outcome) {
  http::Problem problem;
  if (outcome.status == PurchaseStatus::not_found) {
    problem = http::not_found("There is no such book.");
  } else {
    problem = {.status = 403,
               .slug = "out-of-stock",
               .title = "Out of stock",
               .detail = "There are not as many of this book as were asked for."};
  }
  if (outcome.refused.empty()) return problem;
  const catalog::RefusedLine& line = outcome.refused.front();
  problem.members.emplace_back("book_id", json::encode(line.book_id));
  if (outcome.status == PurchaseStatus::out_of_stock) {
    problem.members.emplace_back("requested", json::encode(line.requested));
    problem.members.emplace_back("available", json::encode(line.available));
  }
  return problem;
}

Response to_response(const PurchaseOutcome& outcome, const Amounts& amounts) {
  switch (outcome.status) {
    case PurchaseStatus::bought: {
      const std::string& currency = outcome.order->currency;
      std::string body = json::encode(to_receipt(*outcome.order), amounts.format(currency));
      return with_currency(http::json_response(200, std::move(body)), currency);
    }
    case PurchaseStatus::out_of_stock:
    case PurchaseStatus::not_found:
      return http::to_response(refused_problem(outcome));
    case PurchaseStatus::key_reused:
      return http::to_response({.status = 422,
                                .slug = "key-reused",
                                .title = "Idempotency key reused",
                                .detail = "This key came before with another purchase."});
    case PurchaseStatus::in_flight:
      return http::to_response(
          {.status = 409,
           .slug = "key-in-flight",
           .title = "Idempotency key in flight",
           .detail = "A purchase with this key is being decided. Ask again with the same key.",
           .retry_after = std::chrono::seconds(1)});
    case PurchaseStatus::unavailable:
    case PurchaseStatus::invalid:
      break;
  }
  throw std::logic_error("a decided purchase is neither unavailable nor invalid");
}

/// The routes' state and handlers. Shared by the handlers of one router.
class Api : public std::enable_shared_from_this<Api> {
 public:
  explicit Api(ApiParts parts) : parts_(std::move(parts)) {}

  Task<Response> purchase(Request& request) {
    const auto amounts = amounts_of(request);
    if (!amounts) co_return http::to_response(http::bad_request(amounts.error()));
    auto key = catalog::idempotency_key(request);
    if (!key) co_return http::to_response(http::bad_request(key.error()));
    auto body = json::decode<wire::Purchase>(request.body);
    if (!body) co_return http::to_response(http::bad_request(body.error()));
    if (const auto name = validate_name(body->name); !name) {
      co_return http::to_response(http::bad_request(name.error()));
    }
    const std::int64_t quantity = body->quantity.value_or(1);
    if (quantity < 1 || quantity > catalog::max_line_quantity) {
      co_return http::to_response(
          field_fault("quantity", "must be from 1 to " + std::to_string(catalog::max_line_quantity)));
    }
    PurchaseRequest wish{.key = key->has_value() ? **std::move(key) : random_hex(16),
                         .name = std::move(body->name),
                         .lines = {{.book_id = body->id, .quantity = quantity}}};
    const auto outcome = co_await parts_.purchaser.purchase(std::move(wish), answer_by(request));
    Response response = to_response(outcome, *amounts);
    if (outcome.replayed) response.set("Idempotent-Replayed", "true");
    co_return response;
  }

  Task<Response> purchase_batch(Request& request) {
    const auto amounts = amounts_of(request);
    if (!amounts) co_return http::to_response(http::bad_request(amounts.error()));
    auto body = json::decode<wire::Batch>(request.body);
    if (!body) co_return http::to_response(http::bad_request(body.error()));
    if (body->orders.size() > wire::max_batch) {
      co_return http::to_response(
          field_fault("orders", "must have at most " + std::to_string(wire::max_batch) + " purchases"));
    }
    wire::Outcomes<json::Raw> answer;
    answer.outcomes.resize(body->orders.size());
    std::vector<PurchaseRequest> valid;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < body->orders.size(); ++i) {
      if (const auto checked = validate(body->orders[i]); !checked) {
        answer.outcomes[i] = invalid_outcome(checked.error());
        continue;
      }
      valid.push_back(std::move(body->orders[i]));
      places.push_back(i);
    }
    const auto results = co_await parts_.purchaser.purchase_each(std::move(valid), answer_by(request));
    // Said as an outage, so that the caller's balancer turns to another replica.
    if (none_is_known(results)) std::rethrow_exception(outage_of(results));
    for (std::size_t i = 0; i < results.size(); ++i) {
      answer.outcomes[places[i]] = to_wire(results[i], *amounts);
    }
    co_return http::json_response(200, json::encode(answer));
  }

  Task<Response> find(Request& request) {
    const auto amounts = amounts_of(request);
    if (!amounts) co_return http::to_response(http::bad_request(amounts.error()));
    const auto id = parse_order_id(request.params.at(0));
    if (!id) co_return http::to_response(field_fault("order_id", "must be a UUID"));
    auto order = co_await parts_.store.find(*id);
    if (!order) order = co_await project_sale(*id, request.deadline);
    if (!order) co_return http::to_response(http::not_found("There is no such order."));
    co_return with_currency(http::json_response(200, amounts->write(*order).text), order->currency);
  }

  Task<Response> list(Request& request) {
    const auto amounts = amounts_of(request);
    if (!amounts) co_return http::to_response(http::bad_request(amounts.error()));
    auto query = read_list_query(request);
    if (!query) co_return http::to_response(http::bad_request(query.error()));
    const auto page = co_await parts_.store.list(std::move(query->name), query->after, query->limit);
    wire::OrderPage<json::Raw> answer{.orders = {}, .next = {page.next}};
    for (const Order& order : page.items) answer.orders.push_back(amounts->write(order));
    Response response = http::json_response(200, json::encode(answer));
    if (page.items.empty()) co_return response;
    co_return with_currency(std::move(response), page.items.front().currency);
  }

  /// A route's handler, guarded.
  using Method = Task<Response> (Api::*)(Request&);
  [[nodiscard]] http::Handler handler(Method method) {
    return http::require_service_token(
        parts_.service_token,
        [self = shared_from_this(), method](Request& request) { return ((*self).*method)(request); });
  }

 private:
  /// A sale whose projection was lost: shown, and made whole on the way.
  Task<std::optional<Order>> project_sale(OrderId id, SteadyTime deadline) {
    const auto sale = co_await parts_.catalog.sale(id, deadline);
    if (!sale) co_return std::nullopt;
    Order order = to_order(*sale);
    std::vector<Order> one{order};
    co_await parts_.store.insert(std::move(one));
    co_return order;
  }

  static wire::Outcome<json::Raw> invalid_outcome(const FieldError& error) {
    wire::Outcome<json::Raw> outcome;
    outcome.status = to_string(PurchaseStatus::invalid);
    outcome.error = wire::Error{error.field, error.detail};
    return outcome;
  }

  static bool none_is_known(const std::vector<Purchaser::Result>& results) {
    return !results.empty() &&
           std::ranges::none_of(results, [](const auto& result) { return result.has_value(); });
  }

  /// That nothing was done is said only where it is true of every purchase.
  static std::exception_ptr outage_of(const std::vector<Purchaser::Result>& results) {
    const auto unknown =
        std::ranges::find_if_not(results, [](const auto& result) { return is_overloaded(result.error()); });
    return (unknown == results.end() ? results.front() : *unknown).error();
  }

  static wire::Outcome<json::Raw> to_wire(const Purchaser::Result& result, const Amounts& amounts) {
    wire::Outcome<json::Raw> outcome;
    outcome.status = to_string(result ? result->status : PurchaseStatus::unavailable);
    if (!result) return outcome;
    outcome.replayed = result->replayed;
    if (result->order) outcome.order = amounts.write(*result->order);
    if (!result->refused.empty()) outcome.refused = result->refused;
    return outcome;
  }

  struct ListQuery {
    std::string name;  ///< empty: everybody's
    std::optional<OrderId> after;
    std::size_t limit = wire::default_page;
  };
  static std::expected<ListQuery, FieldError> read_list_query(const Request& request);

  ApiParts parts_;
};

std::expected<Api::ListQuery, FieldError> Api::read_list_query(const Request& request) {
  const auto fault = [](std::string field, std::string detail) {
    return std::unexpected(FieldError{std::move(field), std::move(detail)});
  };
  ListQuery query;
  if (const auto all = request.query_param("all")) {
    if (*all != "1") return fault("all", "must be 1 where present");
    if (request.query_param("name")) return fault("name", "must not be given together with all");
  } else {
    query.name = request.query_param("name").value_or("");
    if (const auto name = validate_name(query.name); !name) return std::unexpected(name.error());
  }
  if (const auto after = request.query_param("after")) {
    query.after = parse_order_id(*after);
    if (!query.after) return fault("after", "must be the next of a former page");
  }
  if (const auto limit = request.query_param("limit")) {
    const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
    if (error != std::errc{} || end != limit->data() + limit->size() || query.limit < 1 ||
        query.limit > wire::max_page) {
      return fault("limit", "must be from 1 to " + std::to_string(wire::max_page));
    }
  }
  return query;
}

}  // namespace

void add_order_routes(http::Router& router, const ApiParts& parts) {
  const auto api = std::make_shared<Api>(parts);
  router.add(http::Method::post, "/orders", http::BodyRule::json(), api->handler(&Api::purchase));
  router.add(http::Method::post, "/orders/batch", http::BodyRule::json(wire::max_batch_bytes),
             api->handler(&Api::purchase_batch));
  router.add(http::Method::get, "/orders/{order_id}", api->handler(&Api::find));
  router.add(http::Method::get, "/orders", api->handler(&Api::list));
}

}  // namespace bazar::orders
