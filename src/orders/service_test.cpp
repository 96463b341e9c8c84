#include "orders/service.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "catalog/service.hpp"
#include "catalog/testing/test_support.hpp"
#include "orders/client.hpp"

namespace bazar::orders {
namespace {

using catalog::HttpProbe;
using catalog::run_on;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view direct_sale = "0190163d-8694-739b-aea5-966c26f8ad91";

/// Real catalogs and order services over one folder, each on a port of its own.
class OrderService : public ::testing::Test {
 protected:
  std::unique_ptr<catalog::Service> make_catalog(std::string name, bool demo_books = true,
                                                 Currency currency = {}) {
    catalog::ServiceOptions options;
    options.name = std::move(name);
    options.database = "sqlite:" + folder_.path().string();
    options.service_token = "secret";
    options.demo_books = demo_books;
    options.currency = std::move(currency);
    auto service = std::make_unique<catalog::Service>(options);
    service->start();
    return service;
  }

  std::unique_ptr<Service> make_orders(std::string name, const std::string& catalog_url,
                                       unsigned threads = 1) {
    ServiceOptions options;
    options.name = std::move(name);
    options.threads = threads;
    options.database = "sqlite:" + folder_.path().string();
    options.catalog_url = catalog_url;
    options.service_token = "secret";
    auto service = std::make_unique<Service>(options);
    service->start();
    return service;
  }

  static http::ClientResponse buy(HttpProbe& orders, const std::string& body, const std::string& key) {
    return orders.send(http::Method::post, "/orders", body, {{.name = "Idempotency-Key", .value = key}});
  }

  static std::string field(const http::ClientResponse& response, std::string_view name) {
    return std::string(boost::json::parse(response.body).at(name).as_string());
  }

  /// Asks until `good` holds; false where it does not within a time that only a fault needs.
  template <class Good>
  static bool becomes(Good good) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < give_up) {
      if (good()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  TemporaryFolder folder_;
};

TEST_F(OrderService, sells_a_book_once_and_shows_the_order) {
  const auto catalog = make_catalog("catalog-1");
  const auto service = make_orders("orders-1", catalog->url());
  HttpProbe orders(service->url());
  HttpProbe books(catalog->url());
  const auto bought = buy(orders, R"({"id":2,"name":"Hiba","quantity":2})", "k1");
  ASSERT_EQ(bought.status, 200U) << bought.body;
  EXPECT_EQ(field(bought, "message"), "bought book RPCs for Noobs");
  EXPECT_THAT(bought.body, HasSubstr(R"("price":22.35)"));

  const auto again = buy(orders, R"({"id":2,"name":"Hiba","quantity":2})", "k1");
  EXPECT_EQ(again.body, bought.body);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  EXPECT_THAT(books.get("/books/2").body, HasSubstr(R"("quantity":58)"));

  const auto order = orders.get("/orders/" + field(bought, "order_id"));
  EXPECT_EQ(order.status, 200U);
  EXPECT_THAT(order.body, HasSubstr(R"("total":44.70)"));
  EXPECT_THAT(orders.get("/orders?name=Hiba").body, HasSubstr(field(bought, "order_id")));
}

TEST_F(OrderService, refuses_what_the_catalog_refuses) {
  const auto catalog = make_catalog("catalog-1");
  const auto service = make_orders("orders-1", catalog->url());
  HttpProbe orders(service->url());
  const auto refused = buy(orders, R"({"id":3,"name":"Hiba","quantity":9})", "k1");
  EXPECT_EQ(refused.status, 403U);
  EXPECT_THAT(refused.body, HasSubstr(R"("available":8)"));
  EXPECT_EQ(buy(orders, R"({"id":3,"name":"Hiba","quantity":9})", "k1").header("Idempotent-Replayed"),
            "true");
  EXPECT_EQ(buy(orders, R"({"id":999,"name":"Hiba"})", "k2").status, 404U);
  EXPECT_EQ(buy(orders, R"({"id":2,"name":"Hiba"})", "k1").status, 422U);
  EXPECT_EQ(orders.get("/orders?all=1").body, R"({"orders":[],"next":null})");
}

TEST_F(OrderService, holds_the_body_rules_of_its_routes) {
  const auto catalog = make_catalog("catalog-1");
  const auto service = make_orders("orders-1", catalog->url());
  HttpProbe orders(service->url());
  const auto post = [&](std::string path, std::string body, std::string type) {
    return orders
        .send(http::Method::post, std::move(path), std::move(body), {{"Content-Type", std::move(type)}})
        .status;
  };
  EXPECT_EQ(post("/orders", R"({"id":2,"name":"Hiba"})", "text/plain"), 415U);
  EXPECT_EQ(post("/orders", std::string((1 << 20) + 1, ' '), "application/json"), 413U);
  EXPECT_EQ(post("/orders/batch", std::string((8 << 20) + 1, ' '), "application/json"), 413U);
  EXPECT_EQ(orders.send(http::Method::del, "/orders").status, 405U);
  EXPECT_EQ(orders.get("/orders/a/b").status, 404U);
  EXPECT_EQ(orders.get("/orders/%ff").status, 400U);
}

TEST_F(OrderService, every_answer_says_who_gave_it) {
  const auto catalog = make_catalog("catalog-1");
  const auto service = make_orders("orders-1", catalog->url());
  HttpProbe orders(service->url());
  EXPECT_EQ(buy(orders, R"({"id":2,"name":"Hiba"})", "k1").header("X-Served-By"), "orders-1");
  EXPECT_EQ(buy(orders, "{", "k2").header("X-Served-By"), "orders-1");
  for (const auto* target : {"/orders", "/orders/1", "/none", "/orders/%ff", "/healthz"}) {
    EXPECT_EQ(orders.get(target).header("X-Served-By"), "orders-1") << target;
  }
}

TEST_F(OrderService, shares_orders_and_keys_with_another_replica) {
  const auto catalog = make_catalog("catalog-1");
  const auto one = make_orders("orders-1", catalog->url());
  const auto two = make_orders("orders-2", catalog->url());
  HttpProbe first(one->url());
  HttpProbe second(two->url());
  const auto bought = buy(first, R"({"id":2,"name":"Hiba"})", "k1");
  EXPECT_EQ(second.get("/orders/" + field(bought, "order_id")).status, 200U);
  EXPECT_EQ(buy(second, R"({"id":2,"name":"Hiba"})", "k1").body, bought.body);
}

TEST_F(OrderService, completes_a_sale_that_never_became_an_order) {
  const auto catalog = make_catalog("catalog-1");
  HttpProbe books(catalog->url());
  const auto sold =
      books.send(http::Method::post, "/sales",
                 R"({"sales":[{"key":"k1","order_id":")" + std::string(direct_sale) +
                     R"(","name":"Omar","lines":[{"book_id":2,"quantity":1}],"fingerprint":"f"}]})");
  ASSERT_EQ(sold.status, 200U) << sold.body;
  const auto service = make_orders("orders-1", catalog->url());
  HttpProbe orders(service->url());
  EXPECT_EQ(orders.get("/orders/" + std::string(direct_sale)).status, 200U);
  EXPECT_TRUE(becomes([&] { return orders.get("/orders?name=Omar").body.contains(direct_sale); }));
  EXPECT_TRUE(becomes([&] { return books.get("/sales?unprojected=1").body == R"({"sales":[]})"; }));
}

TEST_F(OrderService, keeps_its_orders_over_a_restart) {
  const auto catalog = make_catalog("catalog-1");
  auto service = make_orders("orders-1", catalog->url());
  const auto bought = [&] {
    HttpProbe orders(service->url());
    return buy(orders, R"({"id":2,"name":"Hiba"})", "k1");
  }();
  service->stop();
  service = make_orders("orders-1", catalog->url());
  HttpProbe orders(service->url());
  EXPECT_THAT(orders.get("/orders?name=Hiba").body, HasSubstr(field(bought, "order_id")));
}

TEST_F(OrderService, registers_while_it_runs_and_leaves_when_it_stops) {
  const auto catalog = make_catalog("catalog-1");
  HttpProbe books(catalog->url());
  const auto service = make_orders("orders-1", catalog->url());
  HttpProbe orders(service->url());
  EXPECT_TRUE(becomes([&] { return orders.get("/readyz").status == 200; }));
  EXPECT_THAT(books.get("/members").body, HasSubstr(service->url()));
  const std::string url = service->url();
  service->stop();
  // Another member of that name could not show up: gone members are listed as such or not at all.
  EXPECT_THAT(books.get("/members").body, Not(HasSubstr(url + R"(","state":"live")")));
}

TEST_F(OrderService, answers_unavailable_and_is_not_ready_without_a_catalog) {
  const auto service = make_orders("orders-1", "http://127.0.0.1:1");
  HttpProbe orders(service->url());
  const auto answer = orders.send(http::Method::post, "/orders", R"({"id":2,"name":"Hiba"})",
                                  {{"Idempotency-Key", "k1"}, {"Bazar-Deadline-Ms", "500"}});
  EXPECT_EQ(answer.status, 503U);
  EXPECT_TRUE(answer.header("Retry-After"));
  EXPECT_EQ(orders.get("/readyz").status, 503U);
  EXPECT_EQ(orders.get("/healthz").status, 200U);
  EXPECT_EQ(orders.get("/orders?name=Hiba").status, 200U);
}

TEST_F(OrderService, sells_through_another_catalog_when_the_one_that_it_was_given_stops) {
  auto first = make_catalog("catalog-1");
  const auto second = make_catalog("catalog-2");
  const auto service = make_orders("orders-1", first->url());
  HttpProbe orders(service->url());
  HttpProbe books(second->url());
  ASSERT_TRUE(becomes([&] { return orders.get("/readyz").status == 200; }));
  ASSERT_TRUE(becomes([&] { return books.get("/members").body.contains("catalog-2"); }));
  // Purchases go to both in turn as soon as the order service has read the members.
  ASSERT_TRUE(becomes([&, n = 0]() mutable {
    buy(orders, R"({"id":1,"name":"Hiba"})", "warm-" + std::to_string(++n));
    return books.get("/metrics").body.contains(R"(route="/sales")");
  }));
  first->stop();
  first.reset();
  EXPECT_EQ(buy(orders, R"({"id":2,"name":"Hiba"})", "k1").status, 200U);
}

TEST_F(OrderService, sells_the_stock_and_no_more_to_concurrent_buyers_with_duplicates) {
  const auto catalog = make_catalog("catalog-1");
  const auto one = make_orders("orders-1", catalog->url(), 2);
  const auto two = make_orders("orders-2", catalog->url());
  constexpr int buyers = 4;
  constexpr int keys = 12;  // of 8 in stock
  std::mutex mutex;
  std::map<std::string, std::set<std::string>> answers;
  {
    std::vector<std::jthread> threads;
    for (int buyer = 0; buyer < buyers; ++buyer) {
      threads.emplace_back([&, buyer] {
        HttpProbe orders(buyer % 2 == 0 ? one->url() : two->url());
        for (int i = 0; i < keys; ++i) {
          const auto key = "k" + std::to_string((i + buyer * 5) % keys);
          const auto answer = buy(orders, R"({"id":3,"name":"Hiba"})", key);
          const std::lock_guard guard(mutex);
          answers[key].insert(answer.status == 200 ? field(answer, "order_id")
                                                   : std::to_string(answer.status));
        }
      });
    }
  }
  std::size_t sold = 0;
  for (const auto& [key, distinct] : answers) {
    EXPECT_EQ(distinct.size(), 1U) << key;
    if (*distinct.begin() != "403") ++sold;
  }
  EXPECT_EQ(answers.size(), static_cast<std::size_t>(keys));
  EXPECT_EQ(sold, 8U);
  HttpProbe orders(one->url());
  EXPECT_EQ(boost::json::parse(orders.get("/orders?name=Hiba").body).at("orders").as_array().size(), 8U);
}

/// The typed client, as a front-end uses it.
class OrderClient : public OrderService {
 protected:
  void connect(const Service& service) {
    upstream_.set_replicas({{.name = "orders-1", .url = service.url()}});
  }
  [[nodiscard]] static SteadyTime soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(20);
  }

  SystemClock clock_;
  observe::Metrics metrics_;
  Loop loop_{1};
  http::Client http_{loop_, {}};
  balancer::Upstream upstream_{loop_, http_, {.service = "orders"}, metrics_, clock_};
  Client client_{upstream_};
  observe::TraceContext trace_;
};

TEST_F(OrderClient, buys_finds_and_lists) {
  const auto catalog = make_catalog("catalog-1");
  const auto service = make_orders("orders-1", catalog->url());
  connect(*service);
  std::vector<PurchaseRequest> wishes{
      {.key = "k1",
       .name = "Hiba & Omar",
       .lines = {{.book_id = {2}, .quantity = 2}, {.book_id = {1}, .quantity = 1}}},
      {.key = "k2", .name = "", .lines = {{.book_id = {2}, .quantity = 1}}},
      {.key = "k3", .name = "Hiba", .lines = {{.book_id = {3}, .quantity = 9}}}};
  const auto bought = run_on(loop_, client_.purchase(wishes, soon(), trace_));
  EXPECT_EQ(bought.replica, "orders-1");
  ASSERT_EQ(bought.outcomes.size(), 3U);
  EXPECT_EQ(bought.outcomes[0].status, PurchaseStatus::bought);
  EXPECT_EQ(bought.outcomes[0].order->total, Money{2 * 2235 + 10'000});
  EXPECT_EQ(bought.outcomes[1].status, PurchaseStatus::invalid);
  EXPECT_EQ(bought.outcomes[1].error->field, "name");
  EXPECT_EQ(bought.outcomes[2].status, PurchaseStatus::out_of_stock);
  EXPECT_EQ(bought.outcomes[2].refused.front().available, 8);

  const auto found = run_on(loop_, client_.find(bought.outcomes[0].order->order_id, soon(), trace_));
  EXPECT_EQ(found.order, bought.outcomes[0].order);
  const auto listed = run_on(loop_, client_.list("Hiba & Omar", std::nullopt, 20, soon(), trace_));
  EXPECT_THAT(listed.page.items, ::testing::ElementsAre(*found.order));
  EXPECT_EQ(listed.page.next, std::nullopt);
  EXPECT_EQ(run_on(loop_, client_.list("", found.order->order_id, 20, soon(), trace_)).page.items.size(), 0U);
  EXPECT_EQ(run_on(loop_, client_.find(*parse_order_id(direct_sale), soon(), trace_)).order, std::nullopt);
}

TEST_F(OrderClient, reads_amounts_of_a_currency_without_decimals) {
  const auto catalog = make_catalog("catalog-1", false, {.code = "JPY", .decimals = 0});
  HttpProbe books(catalog->url());
  ASSERT_EQ(books
                .send(http::Method::post, "/books",
                      R"({"id":1,"title":"Kokoro","topic":"novel","price":550,"quantity":5})")
                .status,
            201U);
  const auto service = make_orders("orders-1", catalog->url());
  connect(*service);
  std::vector<PurchaseRequest> wish{
      {.key = "k1", .name = "Hiba", .lines = {{.book_id = {1}, .quantity = 2}}}};
  const auto bought = run_on(loop_, client_.purchase(wish, soon(), trace_));
  ASSERT_TRUE(bought.outcomes[0].order);
  EXPECT_EQ(bought.outcomes[0].order->currency, "JPY");
  EXPECT_EQ(bought.outcomes[0].order->total, Money{1'100});
  HttpProbe orders(service->url());
  const auto listed = orders.get("/orders?name=Hiba");
  EXPECT_THAT(listed.body, HasSubstr(R"("total":1100)"));
  EXPECT_EQ(listed.header("Bazar-Currency"), "JPY");
  const auto found = orders.get("/orders/" + to_string(bought.outcomes[0].order->order_id));
  EXPECT_THAT(found.body, HasSubstr(R"("total":1100)"));
  EXPECT_EQ(found.header("Bazar-Currency"), "JPY");
  const auto answer = buy(orders, R"({"id":1,"name":"Hiba"})", "k2");
  EXPECT_THAT(answer.body, HasSubstr(R"("price":550,)"));
  EXPECT_EQ(answer.header("Bazar-Currency"), "JPY");
}

TEST_F(OrderClient, reads_a_total_that_is_larger_than_any_price) {
  const auto catalog = make_catalog("catalog-1", false);
  HttpProbe books(catalog->url());
  ASSERT_EQ(books
                .send(http::Method::post, "/books",
                      R"({"id":1,"title":"Gold","topic":"luxury","price":9999999999.99,"quantity":1000})")
                .status,
            201U);
  const auto service = make_orders("orders-1", catalog->url());
  connect(*service);
  std::vector<PurchaseRequest> wish{
      {.key = "k1", .name = "Hiba", .lines = {{.book_id = {1}, .quantity = 1'000}}}};
  const auto bought = run_on(loop_, client_.purchase(wish, soon(), trace_));
  ASSERT_TRUE(bought.outcomes[0].order);
  EXPECT_EQ(bought.outcomes[0].order->total.minor, 999'999'999'999'000);
  EXPECT_EQ(run_on(loop_, client_.list("Hiba", std::nullopt, 20, soon(), trace_)).page.items.size(), 1U);
}

TEST_F(OrderClient, throws_an_outage_where_no_order_service_answers) {
  upstream_.set_replicas({{.name = "orders-1", .url = "http://127.0.0.1:1"}});
  const auto deadline = std::chrono::steady_clock::now() + milliseconds{200};
  EXPECT_THROW(run_on(loop_, client_.find(*parse_order_id(direct_sale), deadline, trace_)), Outage);
}

}  // namespace
}  // namespace bazar::orders
