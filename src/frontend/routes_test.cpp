#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/test_support.hpp"
#include "http/problem.hpp"

namespace bazar::frontend {
namespace {

using testing::always;
using testing::FakeTier;
using ::testing::HasSubstr;
using testing::header;
using ::testing::Not;
using testing::Seen;
using testing::Shop;

constexpr auto book_2 =
    R"({"id":2,"title":"RPCs <b>","topic":"distributed systems","price":22.35,"currency":"USD","quantity":60,"version":17})";

http::Response stamped(http::Response response) {
  response.set("Bazar-As-Of", "17");
  response.set("Bazar-Epoch", "e");
  return response;
}

/// `GET /books` of a catalog that has book 2 only.
http::Response books(const Seen& seen) {
  const std::string& target = seen.target;
  if (target.find("ids=2") != std::string::npos) {
    return stamped(http::json_response(200, std::string(R"({"books":[)") + book_2 + R"(],"missing":[]})"));
  }
  if (target.find("ids=") != std::string::npos) {
    return stamped(http::json_response(
        200, R"({"books":[],"missing":[)" + target.substr(target.find("ids=") + 4) + "]}"));
  }
  if (target.find("topic=distributed%20systems") != std::string::npos) {
    return stamped(http::json_response(
        200, std::string(R"({"topic":"distributed systems","books":[)") + book_2 + R"(],"next":null})"));
  }
  if (target.find("topic=") != std::string::npos)
    return stamped(http::to_response(http::not_found("No such topic.")));
  if (target.find("limit=bad") != std::string::npos) {
    return http::to_response(http::bad_request({"limit", "must be from 1 to 1000"}));
  }
  if (target.find("q=") != std::string::npos) {
    return stamped(
        http::json_response(200, std::string(R"({"books":[)") + book_2 + R"(],"next":"c/2","total":12})"));
  }
  return stamped(http::json_response(200, std::string(R"({"books":[)") + book_2 + R"(],"next":"2"})"));
}

constexpr auto order_1 =
    R"({"order_id":"019a0000-0000-7000-8000-000000000001","name":"Hiba","currency":"USD",)"
    R"("lines":[{"book_id":2,"title":"RPCs <b>","quantity":1,"price":22.35}],"total":22.35,)"
    R"("ordered_at":"2026-01-31T09:30:00.123Z"})";
constexpr auto order_1_minor =
    R"({"order_id":"019a0000-0000-7000-8000-000000000001","name":"Hiba","currency":"USD",)"
    R"("lines":[{"book_id":2,"title":"RPCs <b>","quantity":1,"price":2235}],"total":2235,)"
    R"("ordered_at":"2026-01-31T09:30:00.123Z"})";

/// An answer that a test changes while a server reads it.
class Settable {
 public:
  explicit Settable(http::Response response) : response_(std::move(response)) {}
  void set(http::Response response) {
    const std::lock_guard lock(mutex_);
    response_ = std::move(response);
  }
  [[nodiscard]] http::Response get() const {
    const std::lock_guard lock(mutex_);
    return response_;
  }

 private:
  mutable std::mutex mutex_;
  http::Response response_;
};

/// A store of fakes: what a test does not set answers as a healthy one.
class Routes : public ::testing::Test {
 protected:
  void outcome(std::string text) {
    outcome_.set(http::json_response(200, R"({"outcomes":[)" + std::move(text) + "]}"));
  }
  void outcome(http::Response response) { outcome_.set(std::move(response)); }
  void write_answer(http::Response response) { write_answer_.set(std::move(response)); }

  Shop& shop() {
    if (shop_) return *shop_;
    const auto write = [this](const Seen&) { return write_answer_.get(); };
    catalog_.emplace(testing::with_members(
        {{http::Method::get, "/books", books},
         {http::Method::get, "/topics",
          always(http::json_response(200, R"({"topics":[{"topic":"distributed systems","books":1}]})"))},
         {http::Method::post, "/books", write},
         {http::Method::post, "/books/batch", write},
         {http::Method::put, "/books/{id}", write},
         {http::Method::patch, "/books/{id}", write},
         {http::Method::del, "/books/{id}", write},
         {http::Method::post, "/books/{id}/stock", write}},
        orders_.url()));
    shop_.emplace(testing::options_for(catalog_->url()));
    shop_->wait_until_ready();
    return *shop_;
  }

  http::ClientResponse buy(std::string body = R"({"name":"Hiba"})", std::vector<http::Header> headers = {}) {
    return shop().post("/purchase/2", std::move(body), std::move(headers));
  }

  Settable outcome_{http::json_response(
      200,
      std::string(R"({"outcomes":[{"status":"bought","replayed":false,"order":)") + order_1_minor + "}]}")};
  Settable write_answer_{http::no_content()};
  FakeTier orders_{
      {{http::Method::post, "/orders/batch", [this](const Seen&) { return outcome_.get(); }},
       {http::Method::get, "/orders",
        always(http::json_response(200, std::string(R"({"orders":[)") + order_1 + R"(],"next":"c2"})"))},
       {http::Method::get, "/orders/{id}",
        [](const Seen& seen) {
          return seen.target.ends_with("1") ? http::json_response(200, order_1)
                                            : http::to_response(http::not_found("There is no such order."));
        }},
       {http::Method::get, "/healthz", always(http::text_response(200, "ok\n"))}}};
  std::optional<FakeTier> catalog_;
  std::optional<Shop> shop_;
};

TEST_F(Routes, a_lookup_is_a_miss_and_then_a_hit) {
  const auto miss = shop().get("/info/2");
  EXPECT_EQ(miss.status, 200U);
  EXPECT_EQ(miss.body, book_2);
  EXPECT_EQ(header(miss, "Cache-Status"), "bazar; fwd=miss");
  EXPECT_EQ(header(miss, "X-Served-By"), "frontend-1, catalog");
  const auto hit = shop().get("/info/2");
  EXPECT_EQ(hit.body, book_2);
  EXPECT_EQ(header(hit, "Cache-Status"), "bazar; hit");
  EXPECT_EQ(header(hit, "X-Served-By"), "frontend-1");
  EXPECT_EQ(header(hit, "ETag"), "\"17\"");
  EXPECT_EQ(header(hit, "Vary"), "Accept");
  EXPECT_EQ(header(hit, "Content-Type"), "application/json");
}

TEST_F(Routes, a_book_is_shown_as_page_and_as_lines) {
  const auto page = shop().get("/info/2", "text/html");
  EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(header(page, "Content-Security-Policy"), HasSubstr("default-src 'self'"));
  EXPECT_EQ(header(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(page, "Referrer-Policy"), "same-origin");
  EXPECT_EQ(header(page, "ETag"), "\"17-html\"");
  EXPECT_THAT(page.body, HasSubstr("RPCs &lt;b&gt;"));
  const auto lines = shop().get("/info/2", "text/plain");
  EXPECT_EQ(header(lines, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(header(lines, "ETag"), "\"17-text\"");
  EXPECT_THAT(lines.body, HasSubstr("RPCs <b>\n"));
}

TEST_F(Routes, a_known_representation_is_not_sent_again) {
  EXPECT_EQ(shop().send(http::Method::get, "/info/2", "", {{"If-None-Match", "\"17\""}}).status, 304U);
  EXPECT_EQ(shop().send(http::Method::get, "/info/2", "", {{"If-None-Match", "\"17-html\""}}).status, 200U);
  const auto page = shop().send(http::Method::get, "/info/2", "",
                                {{"If-None-Match", "\"17-html\""}, {"Accept", "text/html"}});
  EXPECT_EQ(page.status, 304U);
  EXPECT_EQ(header(page, "Vary"), "Accept");
}

TEST_F(Routes, head_answers_as_get_without_a_body) {
  const auto answer = shop().send(http::Method::head, "/info/2");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_TRUE(answer.body.empty());
  EXPECT_EQ(header(answer, "ETag"), "\"17\"");
}

TEST_F(Routes, no_such_book_is_404_and_no_id_is_400) {
  const auto missing = shop().get("/info/99");
  EXPECT_EQ(missing.status, 404U);
  EXPECT_THAT(missing.body, HasSubstr("\"book_id\":99"));
  for (const auto* id : {"0", "-1", "abc", "1.0", "01", "9007199254740992", "%20", "2;drop"}) {
    const auto answer = shop().get(std::string("/info/") + id);
    EXPECT_EQ(answer.status, 400U) << id;
    EXPECT_THAT(answer.body, HasSubstr(R"("field":"id")")) << id;
    EXPECT_EQ(header(answer, "X-Served-By"), "frontend-1") << id;
  }
}

TEST_F(Routes, a_topic_is_cached_and_fills_the_entries_of_its_books) {
  const auto miss = shop().get("/search/distributed%20systems");
  EXPECT_EQ(miss.status, 200U);
  EXPECT_EQ(miss.body, R"({"topic":"distributed systems","books":[{"id":2,"title":"RPCs <b>"}]})");
  EXPECT_EQ(header(miss, "Cache-Status"), "bazar; fwd=miss");
  EXPECT_EQ(header(shop().get("/search/distributed%20systems"), "Cache-Status"), "bazar; hit");
  EXPECT_EQ(header(shop().get("/info/2"), "Cache-Status"), "bazar; hit");
}

TEST_F(Routes, an_unknown_topic_is_404_in_the_words_of_the_representation) {
  EXPECT_EQ(shop().get("/search/nothing").status, 404U);
  const auto lines = shop().get("/search/nothing", "text/plain");
  EXPECT_EQ(lines.status, 404U);
  EXPECT_THAT(lines.body, HasSubstr("No book has this topic"));
  EXPECT_EQ(header(lines, "Content-Type"), "text/plain; charset=utf-8");
  const auto page = shop().get("/search/nothing", "text/html");
  EXPECT_EQ(page.status, 404U);
  EXPECT_THAT(page.body, HasSubstr("<!doctype html>"));
}

TEST_F(Routes, further_pages_of_a_topic_are_read_from_the_catalog) {
  const auto page = shop().get("/search/distributed%20systems?after=1&limit=5");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(header(page, "Cache-Status"), "bazar; fwd=bypass");
  EXPECT_EQ(shop().get("/search/distributed%20systems?limit=0").status, 400U);
  EXPECT_EQ(shop().get("/search/distributed%20systems?limit=1001").status, 400U);
  EXPECT_EQ(shop().get("/search/distributed%20systems?after=x").status, 400U);
}

TEST_F(Routes, full_text_search_passes_words_cursor_and_limit_on) {
  const auto answer = shop().get("/search?q=a%26b%20c&after=c%2F1&limit=3");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_THAT(answer.body, HasSubstr("\"total\":12"));
  EXPECT_EQ(header(answer, "Cache-Status"), "bazar; fwd=bypass");
  const auto seen = catalog_->seen("/books");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].target, "/books?full=1&q=a%26b%20c&after=c%2F1&limit=3");
}

TEST_F(Routes, full_text_search_without_words_is_400) {
  for (const auto* target : {"/search", "/search?q=", "/search?q=%20%20", "/search?q=+", "/search?after=1"}) {
    const auto answer = shop().get(target);
    EXPECT_EQ(answer.status, 400U) << target;
    EXPECT_THAT(answer.body, HasSubstr(R"("field":"q")")) << target;
  }
  EXPECT_EQ(shop().get("/search?q=" + std::string(513, 'x')).status, 400U);
  EXPECT_TRUE(catalog_->seen("/books").empty());
}

TEST_F(Routes, a_list_leads_to_its_next_page) {
  EXPECT_THAT(shop().get("/search?q=rpc&limit=1", "text/html").body,
              HasSubstr("/search?q=rpc&amp;limit=1&amp;after=c%2F2"));
  EXPECT_THAT(shop().get("/info", "text/plain").body, HasSubstr("more: /info?after=2\n"));
}

TEST_F(Routes, the_catalogs_refusal_is_passed_on_in_the_representation) {
  const auto json = shop().get("/info?limit=bad");
  EXPECT_EQ(json.status, 400U);
  EXPECT_EQ(header(json, "Content-Type"), "application/problem+json");
  EXPECT_THAT(json.body, HasSubstr(R"("field":"limit")"));
  EXPECT_THAT(json.body, HasSubstr(R"("type":"/problems/invalid-request")"));
  EXPECT_THAT(shop().get("/info?limit=bad", "text/plain").body, HasSubstr("must be from 1 to 1000"));
}

TEST_F(Routes, all_books_are_listed_under_both_names) {
  for (const auto* target : {"/info", "/info/all"}) {
    const auto answer = shop().get(target);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, std::string(R"({"books":[)") + book_2 + R"(],"next":"2"})");
    EXPECT_EQ(header(answer, "Bazar-As-Of"), "17");
  }
}

TEST_F(Routes, topics_and_home_have_all_representations) {
  EXPECT_THAT(shop().get("/topics").body, HasSubstr(R"({"topics":[)"));
  EXPECT_THAT(shop().get("/topics", "text/plain").body, HasSubstr("    1  distributed systems\n"));
  EXPECT_THAT(shop().get("/").body, HasSubstr("\"checkout\":\"/checkout\""));
  EXPECT_THAT(shop().get("/", "text/html").body, HasSubstr("/search/distributed%20systems"));
  EXPECT_THAT(shop().get("/", "text/plain").body, HasSubstr("Welcome to Bazar."));
}

TEST_F(Routes, assets_are_served_and_nothing_else_is) {
  const auto script = shop().get("/assets/shop.js");
  EXPECT_EQ(script.status, 200U);
  EXPECT_EQ(header(script, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(header(shop().get("/assets/style.css"), "Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(shop()
                .send(http::Method::get, "/assets/shop.js", "", {{"If-None-Match", header(script, "ETag")}})
                .status,
            304U);
  for (const auto* name : {"x", "..%2f..%2fetc%2fpasswd", "layout.mustache"}) {
    EXPECT_EQ(shop().get(std::string("/assets/") + name).status, 404U) << name;
  }
}

TEST_F(Routes, a_purchase_is_answered_as_the_contract_says) {
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

TEST_F(Routes, a_key_is_passed_on_bare_or_quoted_and_made_where_there_is_none) {
  EXPECT_EQ(buy(R"({"name":"Hiba"})", {{"Idempotency-Key", "k-1"}}).status, 200U);
  const auto quoted = buy(R"({"name":"Hiba"})", {{"Idempotency-Key", "\"k-1\""}});
  EXPECT_EQ(header(quoted, "Idempotency-Key"), "\"k-1\"");
  const auto made = buy();
  const auto seen = orders_.seen("/orders/batch");
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].body, R"({"orders":[{"key":"k-1","name":"Hiba","lines":[{"book_id":2,"quantity":1}]}]})");
  EXPECT_EQ(seen[1].body, seen[0].body);
  EXPECT_THAT(header(made, "Idempotency-Key"), ::testing::MatchesRegex("\"[0-9a-f]{32}\""));
  const std::string key = header(made, "Idempotency-Key");
  EXPECT_THAT(seen[2].body, HasSubstr("\"key\":" + key));
}

TEST_F(Routes, a_replay_says_so) {
  outcome(std::string(R"({"status":"bought","replayed":true,"order":)") + order_1_minor + "}");
  const auto answer = buy();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(header(answer, "Idempotent-Replayed"), "true");
}

TEST_F(Routes, out_of_stock_is_403_with_the_numbers) {
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

TEST_F(Routes, other_refusals_have_their_status) {
  outcome(R"({"status":"not_found","replayed":false,"refused":[{"book_id":2,"requested":1,"available":0}]})");
  EXPECT_EQ(buy().status, 404U);
  outcome(R"({"status":"key_reused","replayed":false})");
  EXPECT_EQ(buy().status, 422U);
  outcome(R"({"status":"in_flight","replayed":false})");
  const auto in_flight = buy();
  EXPECT_EQ(in_flight.status, 409U);
  EXPECT_EQ(header(in_flight, "Retry-After"), "1");
  outcome(R"({"status":"unavailable","replayed":false})");
  const auto unknown = buy();
  EXPECT_EQ(unknown.status, 503U);
  EXPECT_EQ(header(unknown, "Retry-After"), "1");
}

TEST_F(Routes, a_checkout_names_every_refused_line) {
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

TEST_F(Routes, a_checkout_answers_the_order) {
  const auto answer = shop().post("/checkout", R"({"name":"Hiba","lines":[{"book_id":2,"quantity":1}]})");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, order_1);
}

TEST_F(Routes, a_bad_purchase_is_400_with_its_field_and_reaches_nobody) {
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

TEST_F(Routes, a_bad_checkout_is_400_with_its_line) {
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

TEST_F(Routes, an_order_service_that_fails_leaves_a_purchase_unconfirmed_with_its_key) {
  outcome(http::to_response(http::unavailable("no")));
  const auto answer = buy(R"({"name":"Hiba"})", {{"Idempotency-Key", "k-1"}});
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(header(answer, "Retry-After"), "1");
  EXPECT_EQ(header(answer, "Idempotency-Key"), "\"k-1\"");
  EXPECT_THAT(answer.body, HasSubstr("same Idempotency-Key"));
  EXPECT_EQ(header(answer, "X-Served-By"), "frontend-1");
  EXPECT_THAT(shop().get("/metrics").body, HasSubstr("bazar_purchases_total{outcome=\"unconfirmed\"} 1"));
}

TEST_F(Routes, orders_are_read_back) {
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

TEST_F(Routes, a_customers_orders_need_a_name) {
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

TEST_F(Routes, the_shopkeepers_routes_need_his_token) {
  const std::vector<std::pair<http::Method, std::string>> routes = {
      {http::Method::post, "/books"},  {http::Method::post, "/books/batch"},
      {http::Method::put, "/books/2"}, {http::Method::patch, "/books/2"},
      {http::Method::del, "/books/2"}, {http::Method::post, "/books/2/stock"}};
  for (const auto& [method, target] : routes) {
    const std::string body = method == http::Method::del ? "" : "{}";
    for (const std::string token :
         {"", "Bearer ", "Bearer wrong", "Basic c2hvcA==", "shopkeeper-token-of-tests",
          "Bearer service-token-of-tests", "Bearer shopkeeper-token-of-testsx"}) {
      std::vector<http::Header> headers;
      if (!token.empty()) headers.push_back({"Authorization", token});
      const auto answer = shop().send(method, target, body, headers);
      EXPECT_EQ(answer.status, 401U) << target << ' ' << token;
      EXPECT_THAT(header(answer, "WWW-Authenticate"), HasSubstr("Bearer")) << target;
    }
    EXPECT_EQ(shop().write(method, target, body).status, 204U) << target;
  }
}

TEST_F(Routes, without_a_shopkeepers_token_nobody_writes) {
  FakeTier catalog(testing::with_members({}, ""));
  auto options = testing::options_for(catalog.url());
  options.shopkeeper_token.clear();
  Shop closed(options);
  EXPECT_EQ(closed.send(http::Method::put, "/books/2", "{}", {{"Authorization", "Bearer "}}).status, 401U);
  EXPECT_EQ(closed.write(http::Method::put, "/books/2", "{}").status, 401U);
}

TEST_F(Routes, a_write_is_forwarded_with_its_headers_and_its_answer_relayed) {
  http::Response created = http::json_response(201, book_2);
  created.set("Location", "/books/2").set("ETag", "\"17\"").set("Server-Secret", "x");
  write_answer(created);
  const auto answer = shop().write(http::Method::post, "/books", R"({"title":"x"})",
                                   {{"Idempotency-Key", "k1"}, {"If-Match", "\"16\""}, {"Cookie", "c"}});
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.body, book_2);
  EXPECT_EQ(header(answer, "Location"), "/books/2");
  EXPECT_EQ(header(answer, "ETag"), "\"17\"");
  EXPECT_EQ(header(answer, "Server-Secret"), "(none)");
  EXPECT_EQ(header(answer, "X-Served-By"), "frontend-1, catalog");
  const Seen seen = catalog_->seen("/books").at(0);
  EXPECT_EQ(seen.body, R"({"title":"x"})");
  EXPECT_EQ(seen.header("Idempotency-Key"), "k1");
  EXPECT_EQ(seen.header("If-Match"), "\"16\"");
  EXPECT_EQ(seen.header("Cookie"), "");
  EXPECT_EQ(seen.header("Authorization"), std::string("Bearer ") + testing::service_token);
}

TEST_F(Routes, a_catalogs_refusal_of_a_write_is_relayed) {
  write_answer(http::to_response({.status = 412, .slug = "version-moved", .title = "The version moved on"}));
  const auto answer =
      shop().write(http::Method::patch, "/books/2", "{}", {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(answer.status, 412U);
  EXPECT_THAT(answer.body, HasSubstr("version-moved"));
  EXPECT_EQ(catalog_->seen("/books/2").at(0).header("Content-Type"), "application/merge-patch+json");
}

TEST_F(Routes, only_writes_that_may_be_repeated_are) {
  write_answer(http::to_response(http::unavailable("no")));
  EXPECT_EQ(shop().write(http::Method::post, "/books", "{}").status, 503U);
  EXPECT_EQ(catalog_->seen("/books").size(), 1U);
  EXPECT_EQ(shop().write(http::Method::patch, "/books/2", "{}").status, 503U);
  EXPECT_EQ(catalog_->seen("/books/2").size(), 1U);
  EXPECT_EQ(shop().write(http::Method::put, "/books/3", "{}").status, 503U);
  EXPECT_GT(catalog_->seen("/books/3").size(), 1U);
}

TEST_F(Routes, a_tiers_own_trouble_is_told_as_an_outage) {
  write_answer(http::to_response({.status = 401, .slug = "unauthorized", .title = "service token"}));
  const auto answer = shop().write(http::Method::put, "/books/2", "{}");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_THAT(answer.body, Not(HasSubstr("service token")));
}

TEST_F(Routes, what_is_not_public_is_not_there) {
  EXPECT_EQ(shop().get("/books").status, 405U);
  EXPECT_EQ(shop().get("/books/2").status, 405U);
  EXPECT_EQ(shop().get("/members").status, 404U);
  EXPECT_EQ(shop().post("/sales", "{}").status, 404U);
  EXPECT_EQ(shop().post("/invalidate", "{}").status, 404U);
  EXPECT_EQ(shop().post("/orders", "{}").status, 405U);
}

TEST(Outage, with_every_catalog_down_the_answer_is_one_clear_503) {
  Shop shop(testing::options_for(catalog::dead_url()));
  for (const auto* target : {"/info/2", "/search/new", "/search?q=x", "/info", "/topics"}) {
    const auto answer = shop.get(target);
    EXPECT_EQ(answer.status, 503U) << target;
    EXPECT_EQ(header(answer, "Retry-After"), "1") << target;
    EXPECT_EQ(header(answer, "Content-Type"), "application/problem+json") << target;
    EXPECT_THAT(answer.body, Not(HasSubstr("127.0.0.1"))) << target;
  }
  EXPECT_THAT(shop.get("/", "text/html").body, HasSubstr("The store cannot answer right now"));
  EXPECT_EQ(shop.get("/info/2", "text/plain").status, 503U);
  EXPECT_THAT(shop.get("/info/2", "text/plain").body, HasSubstr("Try again in 1 s."));
  EXPECT_EQ(shop.post("/purchase/2", R"({"name":"Hiba"})").status, 503U);
  EXPECT_EQ(shop.get("/readyz").status, 503U);
  EXPECT_EQ(shop.get("/healthz").status, 200U);
}

TEST(RateLimited, clients_past_the_limit_get_429_but_health_does_not) {
  FakeTier catalog(testing::with_members({{http::Method::get, "/books", books}}, ""));
  auto options = testing::options_for(catalog.url());
  options.rate_limit = 1;
  options.rate_limit_loopback = true;
  Shop shop(options);
  http::ClientResponse refused = shop.get("/");
  for (int i = 0; i < 50 && refused.status == 200; ++i) refused = shop.get("/");
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(header(refused, "Retry-After"), "1");
  EXPECT_THAT(refused.body, HasSubstr("/problems/too-many-requests"));
  EXPECT_EQ(shop.get("/healthz").status, 200U);
}

TEST(RateLimited, loopback_is_exempt_by_default) {
  FakeTier catalog(testing::with_members({}, ""));
  auto options = testing::options_for(catalog.url());
  options.rate_limit = 1;
  Shop shop(options);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(shop.get("/").status, 200U);
}

TEST(Options, that_cannot_work_are_refused_at_once) {
  const auto with = [](auto change) {
    auto options = testing::options_for("http://127.0.0.1:1");
    change(options);
    return options;
  };
  EXPECT_THROW(Service(with([](auto& options) { options.cache = "redis://localhost"; })),
               std::invalid_argument);
  EXPECT_THROW(Service(with([](auto& options) { options.catalog_url = "nonsense"; })), std::invalid_argument);
  EXPECT_THROW(Service(with([](auto& options) { options.advertise_url = "https://x"; })),
               std::invalid_argument);
  EXPECT_THROW(Service(with([](auto& options) { options.service_token.clear(); })), std::invalid_argument);
}

}  // namespace
}  // namespace bazar::frontend
