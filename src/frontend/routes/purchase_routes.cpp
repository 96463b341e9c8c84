#include "frontend/pages/plain_text.hpp"
#include "frontend/routes/awaited.hpp"
#include "frontend/routes/edge.hpp"
#include "frontend/routes/purchase_request.hpp"
#include "frontend/routes/replies.hpp"
#include "frontend/routes/routes.hpp"
#include "json/encode.hpp"
#include "observe/log.hpp"

namespace bazar::frontend {
namespace {

using orders::PurchaseStatus;

/// Whether the answer is about one book or about the lines of a checkout.
enum class Kind : std::uint8_t { purchase, checkout };

http::Response write_order(const Gateway& gateway, Representation as, Kind kind, const orders::Order& order) {
  switch (as) {
    case Representation::html:
      return html_response(200, gateway.pages.order(order));
    case Representation::text:
      return http::text_response(200, plain_text::receipt(order));
    case Representation::json:
      break;
  }
  const json::Format format = money_format(order.currency);
  return http::json_response(200, kind == Kind::purchase ? json::encode(orders::to_receipt(order), format)
                                                         : json::encode(order, format));
}

/// Says which books, and how many there are: one book's numbers are members of the problem, a checkout's are
/// in `lines`.
void name_refused_lines(http::Problem& problem, Kind kind, const std::vector<catalog::RefusedLine>& lines) {
  if (kind == Kind::checkout || lines.empty()) {
    problem.members.emplace_back("lines", json::encode(lines));
    return;
  }
  problem.members.emplace_back("book_id", std::to_string(lines[0].book_id.value));
  problem.members.emplace_back("requested", std::to_string(lines[0].requested));
  problem.members.emplace_back("available", std::to_string(lines[0].available));
}

http::Problem out_of_stock(Kind kind, const std::vector<catalog::RefusedLine>& lines) {
  http::Problem problem{.status = 403, .slug = "out-of-stock", .title = "Out of stock"};
  if (kind == Kind::checkout || lines.empty()) {
    problem.detail = "There are not enough copies of some of these books. Nothing was bought.";
  } else if (lines[0].available == 0) {
    problem.detail = "This book is sold out. Nothing was bought.";
  } else {
    problem.detail = "Only " + std::to_string(lines[0].available) + " of this book left, not " +
                     std::to_string(lines[0].requested) + ". Nothing was bought.";
  }
  name_refused_lines(problem, kind, lines);
  return problem;
}

http::Problem no_such_book(Kind kind, const std::vector<catalog::RefusedLine>& lines) {
  http::Problem problem =
      http::not_found(kind == Kind::purchase ? "There is no book with this id. Nothing was bought."
                                             : "Some of these books do not exist. Nothing was bought.");
  name_refused_lines(problem, kind, lines);
  return problem;
}

http::Problem key_reused() {
  return {
      .status = 422,
      .slug = "key-reused",
      .title = "Idempotency key used before",
      .detail = "This Idempotency-Key came before with another purchase. Use a new key for a new purchase."};
}

http::Problem key_in_flight() {
  return {.status = 409,
          .slug = "key-in-flight",
          .title = "Still being decided",
          .detail = "A purchase with this Idempotency-Key is still under way. Ask again with the same key.",
          .retry_after = std::chrono::seconds(1)};
}

http::Problem unconfirmed() {
  http::Problem problem = http::unavailable(
      "We could not confirm your purchase. It may or may not have gone through: send it again with the same "
      "Idempotency-Key (the one in this answer's header), and you get one order, not two.");
  problem.title = "Purchase not confirmed";
  return problem;
}

void count(PurchaseCounters& counters, const orders::PurchaseOutcome& outcome) {
  if (outcome.replayed) {
    counters.replayed.Increment();
    return;
  }
  switch (outcome.status) {
    case PurchaseStatus::bought:
      counters.bought.Increment();
      return;
    case PurchaseStatus::out_of_stock:
      counters.out_of_stock.Increment();
      return;
    case PurchaseStatus::not_found:
      counters.not_found.Increment();
      return;
    case PurchaseStatus::key_reused:
      counters.key_reused.Increment();
      return;
    case PurchaseStatus::in_flight:
      counters.in_flight.Increment();
      return;
    case PurchaseStatus::unavailable:
    case PurchaseStatus::invalid:
      counters.unconfirmed.Increment();
      return;
  }
}

http::Response write_outcome(const Gateway& gateway, Representation as, Kind kind,
                             const orders::PurchaseOutcome& outcome) {
  switch (outcome.status) {
    case PurchaseStatus::bought:
      return write_order(gateway, as, kind, outcome.order.value());
    case PurchaseStatus::out_of_stock:
      return reply_problem(gateway, as, out_of_stock(kind, outcome.refused));
    case PurchaseStatus::not_found:
      return reply_problem(gateway, as, no_such_book(kind, outcome.refused));
    case PurchaseStatus::key_reused:
      return reply_problem(gateway, as, key_reused());
    case PurchaseStatus::in_flight:
      return reply_problem(gateway, as, key_in_flight());
    case PurchaseStatus::invalid:
      return reply_problem(
          gateway, as,
          http::bad_request(outcome.error.value_or(FieldError{"", "refused by the order service"})));
    case PurchaseStatus::unavailable:
      break;
  }
  return reply_problem(gateway, as, unconfirmed());
}

/// A string of RFC 8941, as the header's draft wants it.
std::string quoted_key(std::string_view key) {
  std::string text = "\"";
  for (const char c : key) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text += '"';
}

class AwaitedPurchase final : public Awaited, public Purchaser::Buyer {
 public:
  AwaitedPurchase(Gateway& gateway, http::Request& http_request, Kind kind, orders::PurchaseRequest purchase)
      : Awaited(gateway, http_request),
        Buyer(std::move(purchase), http_request.deadline, http_request.trace),
        as_(representation_of(http_request)),
        kind_(kind) {}

  void bought(Purchaser::Bought result) override {
    answer([&] {
      count(gateway().purchases, result.outcome);
      http::Response response = write_outcome(gateway(), as_, kind_, result.outcome);
      if (result.outcome.replayed) response.set("Idempotent-Replayed", "true");
      set_served_by(response, gateway().options.name, result.replica);
      return with_key(std::move(response));
    });
  }

  void failed(std::exception_ptr error) override {
    answer_later([this, error = std::move(error)]() -> http::Reply { return told_of(error); });
  }

 private:
  [[nodiscard]] http::Response told_of(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const Overloaded&) {
      throw;  // told as every overload: nothing was bought
    } catch (const Outage& failure) {
      // Told here and not at the edge, because only here the key is known that makes another try safe.
      observe::log_warning("a purchase is not confirmed",
                           {{"trace", request().trace.id()}, {"why", failure.what()}});
      gateway().purchases.unconfirmed.Increment();
      return with_key(reply_problem(gateway(), as_, unconfirmed()));
    }
  }

  [[nodiscard]] http::Response with_key(http::Response response) const {
    response.set("Idempotency-Key", quoted_key(purchase().key));
    response.set("Cache-Control", "no-store");
    return response;
  }

  const Representation as_;
  const Kind kind_;
};

template <Kind kind>
http::Reply handle(Gateway& gateway, http::Request& request) {
  if (!gateway.purchaser.admits()) return shed(gateway, request);
  auto purchase =
      kind == Kind::purchase ? read_purchase(request, gateway.keys) : read_checkout(request, gateway.keys);
  if (!purchase)
    return reply_problem(gateway, representation_of(request), http::bad_request(purchase.error()));
  auto awaited = std::make_shared<AwaitedPurchase>(gateway, request, kind, std::move(*purchase));
  gateway.purchaser.buy(awaited);
  return awaited;
}

}  // namespace

void add_purchase_routes(http::Router& router, Gateway& gateway) {
  add_public(router, gateway, http::Method::post, "/purchase/{id}", handle<Kind::purchase>,
             http::BodyRule::json());
  add_public(router, gateway, http::Method::post, "/checkout", handle<Kind::checkout>,
             http::BodyRule::json());
}

}  // namespace bazar::frontend
