#include "orders/api.hpp"

#include <gmock/gmock.h>

#include "http/testing/reply.hpp"
#include "json/decode.hpp"
#include "orders/testing/purchase_rig.hpp"
#include "orders/wire.hpp"

namespace bazar::orders {
namespace {

using http::Method;
using http::Response;
using ::testing::HasSubstr;

/// The routes over a purchaser, a store in memory and a fake catalog, without a server.
class OrderApi : public ::testing::Test {
 protected:
  OrderApi() {
    add_order_routes(router_, {.purchaser = *rig_.purchaser,
                               .store = rig_.store,
                               .catalog = rig_.client(),
                               .service_token = "secret"});
  }

  struct Ask {
    Method method = Method::get;
    std::string path;
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> query = {};
    std::vector<http::HeaderView> headers = {};
    std::string peer = "127.0.0.1";
    milliseconds patience{20'000};
  };

  Response ask(const Ask& wanted) {
    auto match = router_.find(wanted.method, wanted.path);
    if (match.route == nullptr) throw std::runtime_error("no route " + wanted.path);
    http::Request request;
    request.method = wanted.method;
    request.target = wanted.path;
    request.params = std::move(match.params);
    request.query = wanted.query;
    request.headers = wanted.headers;
    request.body = wanted.body;
    request.peer = boost::asio::ip::make_address(wanted.peer);
    request.deadline = rig_.soon(wanted.patience);
    return rig_.await(http::testing::whole(match.route->handler(request)));
  }

  Response get(std::string path, std::vector<std::pair<std::string, std::string>> query = {}) {
    return ask({.path = std::move(path), .query = std::move(query)});
  }
  Response buy(std::string body, std::string_view key = "k1") {
    return ask({.method = Method::post,
                .path = "/orders",
                .body = std::move(body),
                .headers = {{.name = "Idempotency-Key", .value = key}}});
  }
  Response buy_batch(std::string body) {
    return ask({.method = Method::post, .path = "/orders/batch", .body = std::move(body)});
  }

  /// Expects 400 that names `field`, and that nothing was sold.
  void expect_bad(const Response& response, std::string_view field) {
    EXPECT_EQ(response.status, 400U) << field;
    EXPECT_THAT(response.body, HasSubstr("/problems/invalid-request"));
    EXPECT_THAT(response.body, HasSubstr('"' + std::string(field) + '"')) << response.body;
    EXPECT_EQ(rig_.catalog.sold(), 0U);
  }

  testing::PurchaseRig rig_;
  http::Router router_;
};

TEST_F(OrderApi, answers_a_purchase_as_the_contract_says) {
  const Response response = buy(R"({"id":2,"name":"Hiba","quantity":2})");
  ASSERT_EQ(response.status, 200U) << response.body;
  const auto bought = json::decode<Receipt>(response.body);
  ASSERT_TRUE(bought) << bought.error().field;
  EXPECT_EQ(bought->book_id, BookId{2});
  EXPECT_EQ(bought->quantity, 2);
  EXPECT_EQ(bought->price, Money{2235});
  EXPECT_EQ(bought->currency, "USD");
  EXPECT_EQ(bought->message, "bought book Book 2");
  EXPECT_THAT(response.body, HasSubstr("22.35"));
  EXPECT_EQ(response.header("Idempotent-Replayed"), std::nullopt);
}

TEST_F(OrderApi, buys_one_where_no_quantity_is_given) {
  EXPECT_EQ(buy(R"({"id":2,"name":"Hiba"})").status, 200U);
  EXPECT_EQ(rig_.catalog.in_stock({2}), 59);
}

TEST_F(OrderApi, replays_the_first_answer_and_says_so) {
  const Response first = buy(R"({"id":2,"name":"Hiba"})");
  const Response again = buy(R"({ "quantity":1, "name":"Hiba", "id":2 })", "\"k1\"");
  EXPECT_EQ(again.status, 200U);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(rig_.catalog.sold(), 1U);
}

TEST_F(OrderApi, replays_a_refusal_and_says_so) {
  EXPECT_EQ(buy(R"({"id":3,"name":"Hiba","quantity":9})").header("Idempotent-Replayed"), std::nullopt);
  const Response again = buy(R"({"id":3,"name":"Hiba","quantity":9})");
  EXPECT_EQ(again.status, 403U);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
}

TEST_F(OrderApi, makes_a_key_for_a_purchase_without_one) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ask({.method = Method::post, .path = "/orders", .body = R"({"id":2,"name":"Hiba"})"}).status,
              200U);
  }
  EXPECT_EQ(rig_.catalog.sold(), 2U);
}

TEST_F(OrderApi, refuses_what_is_not_in_stock_and_tells_what_is) {
  const Response response = buy(R"({"id":3,"name":"Hiba","quantity":9})");
  EXPECT_EQ(response.status, 403U);
  EXPECT_THAT(response.body, HasSubstr("/problems/out-of-stock"));
  EXPECT_THAT(response.body, HasSubstr(R"("book_id":3)"));
  EXPECT_THAT(response.body, HasSubstr(R"("requested":9)"));
  EXPECT_THAT(response.body, HasSubstr(R"("available":8)"));
}

TEST_F(OrderApi, knows_no_such_book) { EXPECT_EQ(buy(R"({"id":99,"name":"Hiba"})").status, 404U); }

TEST_F(OrderApi, refuses_a_key_that_came_with_another_body) {
  buy(R"({"id":2,"name":"Hiba"})");
  const Response response = buy(R"({"id":2,"name":"Omar"})");
  EXPECT_EQ(response.status, 422U);
  EXPECT_THAT(response.body, HasSubstr("/problems/key-reused"));
}

TEST_F(OrderApi, says_that_a_key_is_in_flight_once_the_time_is_up) {
  rig_.catalog.hold();
  auto first = rig_.start_buying("k1");
  ASSERT_TRUE(rig_.run_until([&] { return rig_.catalog.held() == 1; }));
  const Response response = ask({.method = Method::post,
                                 .path = "/orders",
                                 .body = R"({"id":2,"name":"Hiba"})",
                                 .headers = {{.name = "Idempotency-Key", .value = "k1"}},
                                 .patience = milliseconds{30}});
  EXPECT_EQ(response.status, 409U);
  EXPECT_THAT(response.body, HasSubstr("/problems/key-in-flight"));
  rig_.catalog.release();
  ASSERT_TRUE(rig_.run_until([&] { return first->done(); }));
}

TEST_F(OrderApi, refuses_bad_purchases_and_names_the_field) {
  expect_bad(buy(R"({"name":"Hiba"})"), "id");
  expect_bad(buy(R"({"id":0,"name":"Hiba"})"), "id");
  expect_bad(buy(R"({"id":"2","name":"Hiba"})"), "id");
  expect_bad(buy(R"({"id":2})"), "name");
  expect_bad(buy(R"({"id":2,"name":""})"), "name");
  expect_bad(buy(R"({"id":2,"name":"  "})"), "name");
  expect_bad(buy(R"({"id":2,"name":7})"), "name");
  expect_bad(buy(R"({"id":2,"name":"a\u0007b"})"), "name");
  expect_bad(buy(R"({"id":2,"name":")" + std::string(201, 'n') + "\"}"), "name");
  expect_bad(buy(R"({"id":2,"name":"Hiba","quantity":0})"), "quantity");
  expect_bad(buy(R"({"id":2,"name":"Hiba","quantity":1001})"), "quantity");
  expect_bad(buy(R"({"id":2,"name":"Hiba","quantity":1.5})"), "quantity");
  expect_bad(buy(R"({"id":2,"name":"Hiba","quantity":-1})"), "quantity");
  expect_bad(buy(R"({"id":2,"name":"Hiba","quantity":null})"), "quantity");
  EXPECT_EQ(buy(R"({"id":2,"name":"Hiba","price":0})").status, 400U);
  EXPECT_EQ(buy("").status, 400U);
  EXPECT_EQ(buy("[]").status, 400U);
  EXPECT_EQ(buy("{\"id\":2,\"name\":\"\xFF\"}").status, 400U);
  EXPECT_EQ(buy(R"({"id":2,"name":"Hiba"})", "").status, 400U);
  EXPECT_EQ(buy(R"({"id":2,"name":"Hiba"})", "two words").status, 400U);
  EXPECT_EQ(buy(R"({"id":2,"name":"Hiba"})", std::string(256, 'k')).status, 400U);
  EXPECT_TRUE(rig_.catalog.calls().empty());
}

TEST_F(OrderApi, gives_each_of_a_batch_its_own_outcome) {
  const Response response = buy_batch(R"({"orders":[
    {"key":"k1","name":"Hiba","lines":[{"book_id":2,"quantity":2},{"book_id":1,"quantity":1}]},
    {"key":"k2","name":" ","lines":[{"book_id":2,"quantity":1}]},
    {"key":"k3","name":"Hiba","lines":[{"book_id":3,"quantity":9}]},
    {"key":"k4","name":"Hiba","lines":[{"book_id":99,"quantity":1}]},
    {"key":"k5","name":"Hiba","lines":[{"book_id":2,"quantity":1},{"book_id":2,"quantity":1}]},
    {"key":"k1","name":"Omar","lines":[{"book_id":2,"quantity":1}]}]})");
  ASSERT_EQ(response.status, 200U) << response.body;
  struct Expected {
    std::string_view status, part;
  };
  const std::array<Expected, 6> expected{{{"bought", R"("total":67.05)"},
                                          {"invalid", R"("field":"name")"},
                                          {"out_of_stock", R"("available":8)"},
                                          {"not_found", R"("book_id":99)"},
                                          {"invalid", R"("field":"lines[1].book_id")"},
                                          {"key_reused", R"("replayed":false)"}}};
  std::size_t at = 0;
  for (const auto& [status, part] : expected) {
    const auto found = response.body.find(R"({"status":")" + std::string(status) + '"', at);
    ASSERT_NE(found, std::string::npos) << status << " in " << response.body;
    EXPECT_NE(response.body.find(part, found), std::string::npos) << part << " in " << response.body;
    at = found + 1;
  }
  EXPECT_EQ(rig_.catalog.sold(), 1U);
}

TEST_F(OrderApi, spoils_no_refusal_of_a_batch_by_an_outage_of_the_store) {
  rig_.store.fails = true;
  const Response response = buy_batch(R"({"orders":[
    {"key":"k1","name":"Hiba","lines":[{"book_id":2,"quantity":1}]},
    {"key":"k2","name":"Hiba","lines":[{"book_id":99,"quantity":1}]}]})");
  EXPECT_EQ(response.status, 200U);
  EXPECT_THAT(response.body, HasSubstr(R"({"status":"unavailable","replayed":false},{"status":"not_found")"));
}

// A replica that can decide nothing must not look well: whoever asked turns to another.
TEST_F(OrderApi, answers_an_outage_where_nothing_of_a_batch_is_known) {
  rig_.store.fails = true;
  const auto buy_two = [this] {
    return buy_batch(R"({"orders":[
      {"key":"k1","name":"Hiba","lines":[{"book_id":2,"quantity":1}]},
      {"key":"k2","name":"Hiba","lines":[]},
      {"key":"k3","name":"Hiba","lines":[{"book_id":2,"quantity":1}]}]})");
  };
  EXPECT_THROW(buy_two(), Unavailable);
  rig_.store.fails = false;
  const Response again = buy_two();
  EXPECT_EQ(again.status, 200U);
  EXPECT_THAT(again.body, HasSubstr(R"({"status":"bought","replayed":true)"));
  EXPECT_EQ(rig_.catalog.sold(), 2U);
}

TEST_F(OrderApi, says_of_a_batch_that_nothing_was_done_where_that_is_true_of_every_purchase) {
  rig_.catalog.set_busy(true);
  EXPECT_THROW(buy_batch(R"({"orders":[
    {"key":"k1","name":"Hiba","lines":[{"book_id":2,"quantity":1}]},
    {"key":"k2","name":"Hiba","lines":[{"book_id":2,"quantity":1}]}]})"),
               Overloaded);
}

TEST_F(OrderApi, refuses_bad_batches) {
  expect_bad(buy_batch(R"({"orders":5})"), "orders");
  expect_bad(buy_batch("{}"), "orders");
  expect_bad(buy_batch(R"({"orders":[{"key":"k","name":"Hiba"}]})"), "orders[0].lines");
  EXPECT_EQ(buy_batch(R"([{"key":"k","name":"Hiba","lines":[]}])").status, 400U);
  std::string many = R"({"orders":[)";
  for (int i = 0; i < 1'001; ++i)
    many += std::string(i > 0 ? "," : "") + R"({"key":"k","name":"n","lines":[]})";
  expect_bad(buy_batch(many + "]}"), "orders");
  EXPECT_EQ(buy_batch(R"({"orders":[]})").body, R"({"outcomes":[]})");
}

TEST_F(OrderApi, finds_an_order) {
  const Order order = *rig_.buy("k1", {2}, 3).order;
  const Response response = get("/orders/" + to_string(order.order_id));
  EXPECT_EQ(response.status, 200U);
  const auto found = json::decode<Order>(response.body);
  ASSERT_TRUE(found) << found.error().field;
  EXPECT_EQ(*found, order);
}

TEST_F(OrderApi, finds_an_order_whose_projection_was_lost_and_projects_it) {
  const Order order = *rig_.buy("k1").order;
  rig_.store.orders.clear();
  EXPECT_EQ(get("/orders/" + to_string(order.order_id)).status, 200U);
  EXPECT_EQ(rig_.store.orders.at(order.order_id), order);
}

TEST_F(OrderApi, knows_no_order_that_was_never_sold) {
  EXPECT_EQ(get("/orders/0190163d-8694-739b-aea5-966c26f8ad91").status, 404U);
}

TEST_F(OrderApi, does_not_say_not_found_while_the_catalog_cannot_be_asked) {
  rig_.catalog.set_down(true);
  const Ask unknown{.path = "/orders/0190163d-8694-739b-aea5-966c26f8ad91", .patience = milliseconds{200}};
  EXPECT_THROW(ask(unknown), Outage);
}

TEST_F(OrderApi, lists_a_customers_orders_in_pages) {
  for (const auto* key : {"k1", "k2", "k3"}) rig_.buy(key);
  const auto first =
      json::decode<wire::OrderPage<Order>>(get("/orders", {{"name", "Hiba"}, {"limit", "2"}}).body);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->orders.size(), 2U);
  EXPECT_GT(first->orders[0].order_id, first->orders[1].order_id);
  ASSERT_TRUE(first->next.value);
  const Response last = get("/orders", {{"name", "Hiba"}, {"after", *first->next.value}});
  EXPECT_THAT(last.body, HasSubstr(R"("next":null)"));
  EXPECT_EQ(json::decode<wire::OrderPage<Order>>(last.body)->orders.size(), 1U);
}

TEST_F(OrderApi, lists_nothing_for_a_stranger_and_everything_with_all) {
  rig_.buy("k1");
  EXPECT_EQ(get("/orders", {{"name", "nobody"}}).body, R"({"orders":[],"next":null})");
  EXPECT_EQ(json::decode<wire::OrderPage<Order>>(get("/orders", {{"all", "1"}}).body)->orders.size(), 1U);
}

TEST_F(OrderApi, refuses_bad_queries_and_names_the_parameter) {
  expect_bad(get("/orders/nonsense"), "order_id");
  expect_bad(get("/orders"), "name");
  expect_bad(get("/orders", {{"name", ""}}), "name");
  expect_bad(get("/orders", {{"name", std::string(201, 'n')}}), "name");
  expect_bad(get("/orders", {{"name", "Hiba"}, {"all", "1"}}), "name");
  expect_bad(get("/orders", {{"all", "yes"}}), "all");
  expect_bad(get("/orders", {{"name", "Hiba"}, {"after", "x"}}), "after");
  for (const auto* limit : {"0", "1001", "x", "", "-1", "1.5", "99999999999999999999999"}) {
    expect_bad(get("/orders", {{"name", "Hiba"}, {"limit", limit}}), "limit");
  }
  expect_bad(get("/orders", {{"name", "Hiba"}, {"amounts", "major"}}), "amounts");
}

TEST_F(OrderApi, writes_minor_units_where_they_are_asked_for) {
  const Order order = *rig_.buy("k1", {2}, 3).order;
  const Response response = get("/orders/" + to_string(order.order_id), {{"amounts", "minor"}});
  EXPECT_THAT(response.body, HasSubstr(R"("price":2235)"));
  EXPECT_THAT(response.body, HasSubstr(R"("total":6705)"));
}

TEST_F(OrderApi, wants_the_service_token_of_a_stranger) {
  EXPECT_EQ(ask({.path = "/orders", .query = {{"all", "1"}}, .peer = "10.0.0.9"}).status, 401U);
  EXPECT_EQ(ask({.path = "/orders",
                 .query = {{"all", "1"}},
                 .headers = {{.name = "Authorization", .value = "Bearer secret"}},
                 .peer = "10.0.0.9"})
                .status,
            200U);
}

}  // namespace
}  // namespace bazar::orders
