#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/testing/fake_store.hpp"

namespace bazar::frontend {
namespace {

using ::testing::HasSubstr;
using testing::header;
using testing::order_1;
using testing::order_1_minor;

class PurchaseRoutes : public testing::Routes {
 protected:
  /// With the key `k-1`, by a shopper for whom the front-end does not ask for long what comes of it.
  http::ClientResponse buy_in_a_hurry() {
    return buy(R"({"name":"Hiba"})", {{"Idempotency-Key", "k-1"}, {"Bazar-Deadline-Ms", "300"}});
  }
};

TEST_F(PurchaseRoutes, a_purchase_is_answered_as_the_contract_says) {
  const auto answer = buy(R"({"name":"Hiba","quantity":1})");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(
      answer.body,
      R"({"order_id":"019a0000-0000-7000-8000-000000000001","book_id":2,"title":"RPCs <b>","quantity":1,)"
      R"("price":22.35,"currency":"USD","name":"Hiba","ordered_at":"2026-01-31T09:30:00.123Z",)"
      R"("message":"bought book RPCs <b>"})");
  EXPECT_EQ(header(answer, "X-Served-By"), "frontend-1, orders-1");
  EXPECT_EQ(header(answer, "Idempotent-Replayed"), "(none)");
  EXPECT_THAT(shop().get("/metrics").body, HasSubstr("bazar_purchases_total{outcome=\"bought\"} 1"));
}

TEST_F(PurchaseRoutes, a_key_is_passed_on_bare_or_quoted_and_made_where_there_is_none) {
  EXPECT_EQ(buy(R"({"name":"Hiba"})", {{"Idempotency-Key", "k-1"}}).status, 200U);
  const auto quoted = buy(R"({"name":"Hiba"})", {{"Idempotency-Key", "\"k-1\""}});
  EXPECT_EQ(header(quoted, "Idempotency-Key"), "\"k-1\"");
  const auto made = buy();
  const auto seen = orders_.seen("/orders/batch");
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].body, R"({"orders":[{"key":"k-1","name":"Hiba","lines":[{"book_id":2,"quantity":1}]}]})");
  EXPECT_EQ(seen[1].body, seen[0].body);
  EXPECT_THAT(header(made, "Idempotency-Key"),
              ::testing::MatchesRegex("\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\""));
  const std::string key = header(made, "Idempotency-Key");
  EXPECT_THAT(seen[2].body, HasSubstr("\"key\":" + key));
}

TEST_F(PurchaseRoutes, whatever_an_order_service_answers_amiss_the_shopper_keeps_the_key_for_another_try) {
  for (const auto& amiss :
       {http::text_response(500, "oops"), http::text_response(413, "much"), http::text_response(429, "slow"),
        http::json_response(200, "{"), http::json_response(200, R"({"outcomes":[]})"),
        http::json_response(200, R"({"outcomes":[{"status":"bought","replayed":false}]})")}) {
    outcome(amiss);
    const auto answer = buy_in_a_hurry();
    EXPECT_EQ(answer.status, 503U) << amiss.status << amiss.body;
    EXPECT_EQ(header(answer, "Idempotency-Key"), "\"k-1\"");
    EXPECT_NE(header(answer, "Retry-After"), "(none)");
  }
}

TEST_F(PurchaseRoutes, a_replay_says_so) {
  outcome(std::string(R"({"status":"bought","replayed":true,"order":)") + order_1_minor + "}");
  const auto answer = buy();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(header(answer, "Idempotent-Replayed"), "true");
}

TEST_F(PurchaseRoutes, out_of_stock_is_403_with_the_numbers) {
  outcome(
      R"({"status":"out_of_stock","replayed":false,"refused":[{"book_id":2,"requested":5,"available":3}]})");
  const auto answer = buy(R"({"name":"Hiba","quantity":5})");
  EXPECT_EQ(answer.status, 403U);
  EXPECT_THAT(answer.body, HasSubstr(R"("type":"/problems/out-of-stock")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("book_id":2,"requested":5,"available":3)"));
  EXPECT_THAT(
      shop().send(http::Method::post, "/purchase/2", R"({"name":"Hiba"})", {{"Accept", "text/plain"}}).body,
      HasSubstr("Only 3 of this book left, not 5."));
}

TEST_F(PurchaseRoutes, other_refusals_have_their_status) {
  outcome(R"({"status":"not_found","replayed":false,"refused":[{"book_id":2,"requested":1,"available":0}]})");
  EXPECT_EQ(buy().status, 404U);
  outcome(R"({"status":"key_reused","replayed":false})");
  EXPECT_EQ(buy().status, 422U);
  outcome(R"({"status":"in_flight","replayed":false})");
  const auto in_flight = buy_in_a_hurry();
  EXPECT_EQ(in_flight.status, 409U);
  EXPECT_EQ(header(in_flight, "Retry-After"), "1");
  outcome(R"({"status":"unavailable","replayed":false})");
  const auto unknown = buy_in_a_hurry();
  EXPECT_EQ(unknown.status, 503U);
  EXPECT_EQ(header(unknown, "Retry-After"), "1");
}

TEST_F(PurchaseRoutes, a_checkout_names_every_refused_line) {
  outcome(
      R"({"status":"out_of_stock","replayed":false,"refused":[{"book_id":2,"requested":5,"available":3},{"book_id":3,"requested":1,"available":0}]})");
  const auto answer = shop().post(
      "/checkout", R"({"name":"Hiba","lines":[{"book_id":2,"quantity":5},{"book_id":3,"quantity":1}]})");
  EXPECT_EQ(answer.status, 403U);
  EXPECT_THAT(
      answer.body,
      HasSubstr(
          R"("lines":[{"book_id":2,"requested":5,"available":3},{"book_id":3,"requested":1,"available":0}])"));
}

TEST_F(PurchaseRoutes, a_checkout_answers_the_order) {
  const auto answer = shop().post("/checkout", R"({"name":"Hiba","lines":[{"book_id":2,"quantity":1}]})");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, order_1);
}

TEST_F(PurchaseRoutes, a_bad_purchase_is_400_with_its_field_and_reaches_nobody) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", ""},
      {"{", ""},
      {"[]", ""},
      {"null", ""},
      {"{}", "name"},
      {R"({"name":""})", "name"},
      {R"({"name":"  "})", "name"},
      {R"({"name":1})", "name"},
      {R"({"name":null})", "name"},
      {R"({"name":"a\u0007"})", "name"},
      {R"({"name":"\ud800"})", ""},
      {R"({"name":")" + std::string(201, 'x') + "\"}", "name"},
      {R"({"name":"a","quantity":0})", "quantity"},
      {R"({"name":"a","quantity":-1})", "quantity"},
      {R"({"name":"a","quantity":1001})", "quantity"},
      {R"({"name":"a","quantity":1.5})", "quantity"},
      {R"({"name":"a","quantity":"1"})", "quantity"},
      {R"({"name":"a","quantity":null})", "quantity"},
      {R"({"name":"a","quantity":99999999999999999999})", "quantity"},
      {R"({"name":"a","price":1})", "price"},
      {R"({"name":"a","name":"b"})", "name"},
      {R"({"name":"a"} x)", ""},
      {std::string("{\"name\":\"a\xff\"}"), ""},
  };
  for (const auto& [body, field] : bad) {
    const auto answer = buy(body);
    EXPECT_EQ(answer.status, 400U) << body;
    if (!field.empty()) EXPECT_THAT(answer.body, HasSubstr("\"field\":\"" + field + "\"")) << body;
  }
  EXPECT_EQ(shop().post("/purchase/x", R"({"name":"a"})").status, 400U);
  for (const auto* key : {"", "\"\"", "a b", "\"a"}) {
    EXPECT_EQ(buy(R"({"name":"a"})", {{"Idempotency-Key", key}}).status, 400U) << key;
  }
  EXPECT_EQ(buy(R"({"name":"a"})", {{"Idempotency-Key", std::string(256, 'k')}}).status, 400U);
  EXPECT_EQ(buy("name=a", {{"Content-Type", "application/x-www-form-urlencoded"}}).status, 415U);
  EXPECT_TRUE(orders_.seen("/orders/batch").empty());
}

TEST_F(PurchaseRoutes, a_bad_checkout_is_400_with_its_line) {
  std::string many = R"({"name":"a","lines":[)";
  for (int id = 1; id <= 101; ++id)
    many += (id > 1 ? "," : "") + std::string(R"({"book_id":)") + std::to_string(id) + R"(,"quantity":1})";
  many += "]}";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {R"({"name":"a"})", "lines"},
      {R"({"name":"a","lines":[]})", "lines"},
      {R"({"name":"a","lines":{}})", "lines"},
      {R"({"name":"a","lines":[{"book_id":2}]})", "lines[0].quantity"},
      {R"({"name":"a","lines":[{"book_id":0,"quantity":1}]})", "lines[0].book_id"},
      {R"({"name":"a","lines":[{"book_id":2,"quantity":1},{"book_id":3,"quantity":1001}]})",
       "lines[1].quantity"},
      {R"({"name":"a","lines":[{"book_id":2,"quantity":1},{"book_id":2,"quantity":1}]})", "lines[1].book_id"},
      {many, "lines"},
  };
  for (const auto& [body, field] : bad) {
    const auto answer = shop().post("/checkout", body);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_THAT(answer.body, HasSubstr("\"field\":\"" + field + "\"")) << body;
  }
  EXPECT_TRUE(orders_.seen("/orders/batch").empty());
}

TEST_F(PurchaseRoutes, an_order_service_that_fails_leaves_a_purchase_unconfirmed_with_its_key) {
  outcome(http::to_response(http::unavailable("no")));
  const auto answer = buy_in_a_hurry();
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(header(answer, "Retry-After"), "1");
  EXPECT_EQ(header(answer, "Idempotency-Key"), "\"k-1\"");
  EXPECT_THAT(answer.body, HasSubstr("same Idempotency-Key"));
  EXPECT_EQ(header(answer, "X-Served-By"), "frontend-1");
  EXPECT_THAT(shop().get("/metrics").body, HasSubstr("bazar_purchases_total{outcome=\"unconfirmed\"} 1"));
}

TEST_F(PurchaseRoutes, what_the_order_service_has_no_room_for_is_shed_as_what_the_front_end_has_none_for) {
  outcome(http::to_response(http::overloaded("too many purchases are under way")));
  const auto answer = buy();
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(header(answer, "Retry-After"), "1");
  EXPECT_THAT(answer.body, HasSubstr("/problems/overloaded"));
  EXPECT_THAT(answer.body, HasSubstr("bought or changed nothing"));
  EXPECT_THAT(shop().get("/metrics").body, HasSubstr("bazar_purchases_total{outcome=\"unconfirmed\"} 0"));
}

TEST_F(PurchaseRoutes, orders_are_read_back) {
  const auto one = shop().get("/orders/019a0000-0000-7000-8000-000000000001");
  EXPECT_EQ(one.status, 200U);
  EXPECT_EQ(one.body, order_1);
  EXPECT_EQ(header(one, "X-Served-By"), "frontend-1, orders-1");
  EXPECT_EQ(header(one, "Cache-Control"), "no-store");
  EXPECT_THAT(shop().get("/orders/019a0000-0000-7000-8000-000000000001", "text/plain").body,
              HasSubstr("1 x 22.35 USD  RPCs <b>"));
  EXPECT_EQ(shop().get("/orders/019a0000-0000-7000-8000-000000000002").status, 404U);
  EXPECT_EQ(shop().get("/orders/not-an-order").status, 400U);
}

TEST_F(PurchaseRoutes, a_customers_orders_need_a_name) {
  const auto page = shop().get("/orders?name=Hiba%20%26%20co&limit=7");
  EXPECT_EQ(page.status, 200U);
  EXPECT_THAT(page.body, HasSubstr("\"next\":\"c2\""));
  EXPECT_EQ(orders_.seen("/orders").at(0).target, "/orders?name=Hiba%20%26%20co&limit=7");
  EXPECT_THAT(shop().get("/orders?name=Hiba", "text/html").body, HasSubstr("/orders?name=Hiba&amp;after=c2"));
  for (const auto* target : {"/orders", "/orders?name=", "/orders?name=%20", "/orders?all=1"}) {
    EXPECT_EQ(shop().get(target).status, 400U) << target;
  }
  EXPECT_EQ(orders_.seen("/orders").size(), 2U);
}

}  // namespace
}  // namespace bazar::frontend
