// The three tiers together, each a real service over its own database, in one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "frontend/testing/store_fixture.hpp"

namespace bazar::frontend {
namespace {

using testing::control_url;
using ::testing::HasSubstr;
using testing::header;
using testing::metric;
using testing::misses_total;
using testing::Shop;
using testing::Store;

TEST_F(Store, a_book_is_missed_once_and_hit_afterwards) {
  const auto shop = open(options("frontend-1"));
  EXPECT_EQ(cache_status(*shop, "/info/2"), "bazar; fwd=miss");
  const auto hit = shop->get("/info/2");
  EXPECT_EQ(header(hit, "Cache-Status"), "bazar; hit");
  EXPECT_EQ(header(hit, "X-Served-By"), "frontend-1");
  EXPECT_THAT(hit.body, HasSubstr(R"("price":22.35,"currency":"USD","quantity":60)"));
  EXPECT_EQ(cache_status(*shop, "/search/new"), "bazar; fwd=miss");
  EXPECT_EQ(cache_status(*shop, "/search/new"), "bazar; hit");
  EXPECT_EQ(cache_status(*shop, "/info/7"), "bazar; hit");
}

TEST_F(Store, what_one_thread_fetched_every_thread_has) {
  auto threaded = options("frontend-1");
  threaded.threads = 3;
  const auto shop = open(threaded);
  shop->get("/info/2");
  // Every connection goes to a thread of the system's choice.
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(header(catalog::HttpProbe(shop->url()).get("/info/2"), "Cache-Status"), "bazar; hit");
  }
  ASSERT_EQ(shop->write(http::Method::patch, "/books/2", R"({"price":1})").status, 204U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(catalog::HttpProbe(shop->url()).get("/info/2").body, HasSubstr("\"price\":1.00"));
  }
}

TEST_F(Store, a_write_through_one_front_end_is_seen_at_once_through_another) {
  const auto first = open(options("frontend-1"));
  const auto second = open(options("frontend-2"));
  second->get("/info/2");
  ASSERT_EQ(cache_status(*second, "/info/2"), "bazar; hit");
  for (int price = 1; price <= 20; ++price) {
    const auto put =
        first->write(http::Method::put, "/books/2",
                     R"({"title":"RPCs for Noobs","topic":"distributed systems","quantity":60,"price":)" +
                         std::to_string(price) + "}");
    ASSERT_EQ(put.status, 204U) << put.body;
    EXPECT_THAT(second->get("/info/2").body, HasSubstr("\"price\":" + std::to_string(price) + ".00"));
    EXPECT_THAT(first->get("/info/2").body, HasSubstr("\"price\":" + std::to_string(price) + ".00"));
  }
}

TEST_F(Store, a_title_changed_is_seen_at_once_in_cached_searches) {
  const auto first = open(options("frontend-1"));
  const auto second = open(options("frontend-2"));
  second->get("/search/new");
  ASSERT_EQ(cache_status(*second, "/search/new"), "bazar; hit");
  ASSERT_EQ(first->write(http::Method::patch, "/books/6", R"({"title":"Why theory is hard"})").status, 204U);
  EXPECT_THAT(second->get("/search/new").body, HasSubstr("Why theory is hard"));
  ASSERT_EQ(first->write(http::Method::del, "/books/6").status, 204U);
  EXPECT_THAT(second->get("/search/new").body, ::testing::Not(HasSubstr("Why theory is hard")));
  EXPECT_EQ(second->get("/info/6").status, 404U);
}

TEST_F(Store, the_least_recently_used_book_is_replaced_when_the_cache_is_full) {
  auto small = options("frontend-1");
  small.cache = "lru://?entries=5";
  const auto shop = open(small);
  for (int id = 1; id <= 5; ++id)
    EXPECT_EQ(cache_status(*shop, "/info/" + std::to_string(id)), "bazar; fwd=miss");
  EXPECT_EQ(cache_status(*shop, "/info/1"), "bazar; hit");
  EXPECT_EQ(cache_status(*shop, "/info/6"), "bazar; fwd=miss");
  EXPECT_EQ(cache_status(*shop, "/info/1"), "bazar; hit");
  EXPECT_EQ(cache_status(*shop, "/info/2"), "bazar; fwd=miss");
  EXPECT_GE(metric(*shop, "bazar_cache_evictions_total"), 2);
}

TEST_F(Store, without_a_cache_every_read_is_a_bypass) {
  auto uncached = options("frontend-1");
  uncached.cache = "none";
  const auto shop = open(uncached);
  EXPECT_EQ(cache_status(*shop, "/info/2"), "bazar; fwd=bypass");
  const auto again = shop->get("/info/2");
  EXPECT_EQ(header(again, "Cache-Status"), "bazar; fwd=bypass");
  EXPECT_EQ(header(again, "X-Served-By"), "frontend-1, catalog-1");
}

TEST_F(Store, a_purchase_takes_stock_and_a_replay_does_not) {
  const auto shop = open(options("frontend-1"));
  shop->get("/info/2");
  const std::vector<http::Header> key{{"Idempotency-Key", "k-1"}};
  const auto bought = shop->post("/purchase/2", R"({"name":"Hiba","quantity":2})", key);
  ASSERT_EQ(bought.status, 200U) << bought.body;
  EXPECT_THAT(bought.body, HasSubstr(R"("message":"bought book RPCs for Noobs")"));
  EXPECT_THAT(shop->get("/info/2").body, HasSubstr("\"quantity\":58"));

  const auto replay = shop->post("/purchase/2", R"({"quantity":2,"name":"Hiba"})", key);
  EXPECT_EQ(replay.status, 200U);
  EXPECT_EQ(replay.body, bought.body);
  EXPECT_EQ(header(replay, "Idempotent-Replayed"), "true");
  EXPECT_THAT(shop->get("/info/2").body, HasSubstr("\"quantity\":58"));
  EXPECT_EQ(shop->post("/purchase/2", R"({"name":"Hiba","quantity":3})", key).status, 422U);
  EXPECT_EQ(metric(*shop, "bazar_purchases_total", "outcome=\"bought\""), 1);
  EXPECT_EQ(metric(*shop, "bazar_purchases_total", "outcome=\"replayed\""), 1);
  EXPECT_EQ(metric(*shop, "bazar_purchases_total", "outcome=\"key_reused\""), 1);
}

TEST_F(Store, an_order_that_costs_more_than_any_book_may_is_shown) {
  const auto shop = open(options("frontend-1"));
  ASSERT_EQ(shop->write(http::Method::patch, "/books/2", R"({"price":9999999999.99,"quantity":1000})").status,
            204U);
  const auto bought = shop->post("/purchase/2", R"({"name":"Midas","quantity":1000})");
  ASSERT_EQ(bought.status, 200U) << bought.body;
  const std::string id(boost::json::parse(bought.body).at("order_id").as_string());
  for (const char* type : {"application/json", "text/plain", "text/html"}) {
    for (const std::string& target : {"/orders/" + id, std::string("/orders?name=Midas")}) {
      const auto shown = shop->get(target, type);
      EXPECT_EQ(shown.status, 200U) << target << ' ' << type;
      EXPECT_THAT(shown.body, HasSubstr("9999999999990.00")) << target << ' ' << type;
    }
  }
}

TEST_F(Store, an_order_is_found_by_its_id_and_by_its_customer) {
  const auto shop = open(options("frontend-1"));
  const auto bought = shop->post(
      "/checkout", R"({"name":"Hiba & co","lines":[{"book_id":2,"quantity":1},{"book_id":7,"quantity":2}]})");
  ASSERT_EQ(bought.status, 200U) << bought.body;
  EXPECT_THAT(bought.body, HasSubstr("\"total\":1422.35"));
  const std::string id(boost::json::parse(bought.body).at("order_id").as_string());
  EXPECT_EQ(shop->get("/orders/" + id).body, bought.body);
  EXPECT_THAT(shop->get("/orders?name=Hiba%20%26%20co").body, HasSubstr(id));
  EXPECT_THAT(shop->get("/orders?name=Hiba%20%26%20co", "text/plain").body,
              HasSubstr("  total     1422.35 USD\n"));
  EXPECT_THAT(shop->get("/orders/" + id, "text/html").body, HasSubstr("1422.35 USD"));
  EXPECT_EQ(shop->get("/orders?name=Hiba&limit=0").status, 400U);
  EXPECT_EQ(shop->get("/orders?name=Hiba&after=x").status, 400U);
}

TEST_F(Store, a_checkout_is_all_or_nothing) {
  const auto shop = open(options("frontend-1"));
  const auto refused = shop->post(
      "/checkout", R"({"name":"Hiba","lines":[{"book_id":2,"quantity":1},{"book_id":3,"quantity":9}]})");
  EXPECT_EQ(refused.status, 403U);
  EXPECT_THAT(refused.body, HasSubstr(R"("lines":[{"book_id":3,"requested":9,"available":8}])"));
  EXPECT_THAT(shop->get("/info/2").body, HasSubstr("\"quantity\":60"));
  const auto unknown = shop->post(
      "/checkout", R"({"name":"Hiba","lines":[{"book_id":2,"quantity":1},{"book_id":99,"quantity":1}]})");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_THAT(unknown.body, HasSubstr("\"book_id\":99"));
}

TEST_F(Store, the_last_copy_is_sold_once_and_then_sold_out) {
  const auto shop = open(options("frontend-1"));
  ASSERT_EQ(shop->post("/purchase/3", R"({"name":"Hiba","quantity":8})").status, 200U);
  const auto refused = shop->post("/purchase/3", R"({"name":"Ben"})");
  EXPECT_EQ(refused.status, 403U);
  EXPECT_THAT(refused.body, HasSubstr(R"("book_id":3,"requested":1,"available":0)"));
  EXPECT_EQ(shop->post("/purchase/99", R"({"name":"Ben"})").status, 404U);
}

TEST_F(Store, concurrent_purchases_share_calls_and_each_gets_its_own_outcome) {
  const auto shop = open(options("frontend-1"));
  constexpr int buyers = 20;
  std::atomic<int> bought = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < buyers; ++i) {
    threads.emplace_back([&, url = shop->url(), i] {
      catalog::HttpProbe probe(url);
      const auto status =
          probe.send(http::Method::post, "/purchase/3", R"({"name":"buyer )" + std::to_string(i) + "\"}")
              .status;
      bought += status == 200 ? 1 : 0;
      refused += status == 403 ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(bought, 8);
  EXPECT_EQ(refused, buyers - 8);
  EXPECT_THAT(shop->get("/info/3").body, HasSubstr("\"quantity\":0"));
}

TEST_F(Store, the_shopkeepers_writes_answer_as_the_catalogs) {
  const auto shop = open(options("frontend-1"));
  const std::vector<http::Header> key{{"Idempotency-Key", "\"new-1\""}};
  const std::string draft = R"({"title":"New","topic":"t","price":1.5,"quantity":1})";
  const auto created = shop->write(http::Method::post, "/books", draft, key);
  ASSERT_EQ(created.status, 201U) << created.body;
  EXPECT_EQ(header(created, "Location"), "/books/8");
  const auto again = shop->write(http::Method::post, "/books", draft, key);
  EXPECT_EQ(again.body, created.body);
  EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");

  const auto stock =
      shop->write(http::Method::post, "/books/8/stock", R"({"delta":5})", {{"Idempotency-Key", "s-1"}});
  EXPECT_EQ(stock.status, 200U);
  EXPECT_THAT(stock.body, HasSubstr("\"quantity\":6"));
  EXPECT_EQ(shop->write(http::Method::post, "/books/8/stock", R"({"delta":5})").status, 400U);
  EXPECT_EQ(shop->write(http::Method::post, "/books/8/stock", R"({"delta":-7})", {{"Idempotency-Key", "s-2"}})
                .status,
            403U);
  EXPECT_EQ(shop->write(http::Method::patch, "/books/8", R"({"price":2})", {{"If-Match", "\"1\""}}).status,
            412U);
  EXPECT_EQ(
      shop->write(http::Method::put, "/books/8", R"({"title":"New","topic":"t","price":1,"quantity":-1})")
          .status,
      403U);
  EXPECT_EQ(shop->write(http::Method::put, "/books/99", draft).status, 404U);
  EXPECT_EQ(shop->write(http::Method::post, "/books", "{}").status, 400U);
  EXPECT_EQ(shop->write(http::Method::del, "/books/x").status, 400U);
  EXPECT_EQ(shop->write(http::Method::post, "/books", draft, {{"Content-Type", "text/plain"}}).status, 415U);
  EXPECT_EQ(shop->write(http::Method::post, "/books", std::string((std::size_t{1} << 20) + 1, ' ')).status,
            413U);
}

TEST_F(Store, full_text_search_finds_and_pages) {
  const auto shop = open(options("frontend-1"));
  const auto found = shop->get("/search?q=noobs");
  EXPECT_EQ(found.status, 200U);
  EXPECT_THAT(found.body, HasSubstr("RPCs for Noobs"));
  EXPECT_THAT(found.body, HasSubstr("\"next\":null"));
  EXPECT_EQ(shop->get("/search?q=zzzz").status, 200U);
  EXPECT_THAT(shop->get("/search?q=zzzz", "text/plain").body, HasSubstr("No book found"));
  EXPECT_EQ(shop->get("/search?q=for&limit=0").status, 400U);
  EXPECT_EQ(shop->get("/search?q=for&after=nonsense").status, 400U);
  EXPECT_THAT(shop->get("/search?q=for", "text/html").body, HasSubstr("RPCs for Noobs"));
}

TEST_F(Store, all_books_are_read_page_by_page) {
  const auto shop = open(options("frontend-1"));
  std::vector<std::int64_t> ids;
  for (std::string target = "/info?limit=3"; !target.empty();) {
    const auto page = boost::json::parse(shop->get(target).body);
    for (const auto& book : page.at("books").as_array()) ids.push_back(book.at("id").as_int64());
    target =
        page.at("next").is_null() ? "" : "/info?limit=3&after=" + std::string(page.at("next").as_string());
  }
  EXPECT_THAT(ids, ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_F(Store, a_catalog_started_by_hand_gets_its_share) {
  auto uncached = options("frontend-1");
  uncached.cache = "none";
  const auto shop = open(uncached);
  const auto second = start_catalog("catalog-2");
  shop->wait_until(
      [](Shop& one) { return header(one.get("/info/2"), "X-Served-By") == "frontend-1, catalog-2"; });
  shop->wait_until(
      [](Shop& one) { return header(one.get("/info/2"), "X-Served-By") == "frontend-1, catalog-1"; });
}

TEST_F(Store, an_order_service_started_by_hand_gets_its_share) {
  const auto shop = open(options("frontend-1"));
  const auto second = start_orders("orders-2");
  shop->wait_until([](Shop& one) {
    return header(one.get("/orders?name=nobody"), "X-Served-By") == "frontend-1, orders-2";
  });
  shop->wait_until([](Shop& one) {
    return header(one.post("/purchase/1", R"({"name":"a"})"), "X-Served-By") == "frontend-1, orders-2";
  });
}

TEST_F(Store, with_one_catalog_gone_reads_and_purchases_go_on) {
  auto uncached = options("frontend-1");
  uncached.cache = "none";
  auto second = start_catalog("catalog-2");
  const auto shop = open(uncached);
  shop->wait_until(
      [](Shop& one) { return header(one.get("/info/2"), "X-Served-By") == "frontend-1, catalog-2"; });
  second->stop();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(shop->get("/info/2").status, 200U);
  EXPECT_EQ(shop->post("/purchase/2", R"({"name":"Hiba"})").status, 200U);
}

TEST_F(Store, with_every_catalog_gone_the_answer_is_503_and_never_from_a_cache_without_lease) {
  const auto shop = open(options("frontend-1"));
  shop->get("/info/2");
  orders_->stop();
  catalog_->stop();
  shop->wait_until([](Shop& one) { return one.get("/info/2").status == 503; });
  const auto answer = shop->get("/info/2", "text/plain");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(header(answer, "Retry-After"), "1");
  EXPECT_THAT(answer.body, HasSubstr("The store cannot answer right now"));
  EXPECT_EQ(shop->get("/readyz").status, 503U);
}

TEST_F(Store, an_invalidation_needs_the_service_token_and_the_right_incarnation) {
  const auto shop = open(options("frontend-1"));
  const std::string url = control_url(catalog_->url(), "frontend-1");
  ASSERT_FALSE(url.empty());
  ASSERT_NE(url, shop->url());
  const std::string body =
      R"({"epoch":"e","incarnation":"another","revision":1,"books":[2],"listing":false})";
  const auto invalidate = [&](std::string token, std::string text) {
    return catalog::HttpProbe(url, std::move(token)).send(http::Method::post, "/invalidate", std::move(text));
  };
  EXPECT_EQ(invalidate("", body).status, 401U);
  EXPECT_EQ(header(invalidate("wrong", body), "WWW-Authenticate"), "Bearer realm=\"bazar services\"");
  EXPECT_EQ(invalidate(testing::service_token, body).status, 409U);
  EXPECT_EQ(invalidate(testing::service_token, "{}").status, 400U);
  EXPECT_EQ(invalidate(testing::service_token, "").status, 400U);
}

TEST_F(Store, a_front_end_that_stops_takes_leave_so_that_no_write_waits_for_it) {
  const auto first = open(options("frontend-1"));
  const auto second = open(options("frontend-2"));
  ASSERT_FALSE(control_url(catalog_->url(), "frontend-1").empty());
  first->stop();
  EXPECT_TRUE(control_url(catalog_->url(), "frontend-1").empty());
  EXPECT_FALSE(control_url(catalog_->url(), "frontend-2").empty());
  EXPECT_EQ(second->write(http::Method::patch, "/books/2", R"({"price":1})").status, 204U);
}

}  // namespace
}  // namespace bazar::frontend
