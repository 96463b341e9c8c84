// What a catalog sends after its commit, over a whole store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/coherence/refresh.hpp"
#include "catalog/wire.hpp"
#include "frontend/testing/store_fixture.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::frontend {
namespace {

using testing::control_url;
using ::testing::HasSubstr;
using testing::header;
using ::testing::IsEmpty;
using testing::metric;
using testing::misses_total;
using ::testing::Optional;
using testing::Shop;
using ::testing::SizeIs;
using testing::Store;

TEST_F(Store, after_a_write_every_front_end_that_had_the_book_soon_hits_the_new_value) {
  const auto first = open(options("frontend-1"));
  const auto second = open(options("frontend-2"));
  auto bare = options("frontend-3");
  bare.cache = "none";
  const auto uncached = open(bare);
  first->get("/info/2");
  second->get("/info/2");
  const double misses = metric(*first, misses_total) + metric(*second, misses_total);
  double refreshed = 0;
  const auto check = [&](const std::string& expected) {
    ++refreshed;
    for (const auto& shop : {first.get(), second.get()}) {
      // Nobody asks for the book meanwhile: that would fill it.
      shop->wait_until([&](Shop& one) { return metric(one, "bazar_cache_refreshes_total") == refreshed; });
      const auto hit = shop->get("/info/2");
      EXPECT_EQ(header(hit, "Cache-Status"), "bazar; hit");
      EXPECT_THAT(hit.body, HasSubstr(expected));
      const auto read = uncached->get("/info/2");
      EXPECT_EQ(hit.body, read.body);
      EXPECT_EQ(header(hit, "ETag"), header(read, "ETag"));
    }
  };
  for (int price = 1; price <= 10; ++price) {
    const std::string text = std::to_string(price);
    ASSERT_EQ(first->write(http::Method::patch, "/books/2", "{\"price\":" + text + '}').status, 204U);
    check("\"price\":" + text + ".00");
    ASSERT_EQ(second->post("/purchase/2", R"({"name":"Hiba"})").status, 200U);
    check("\"quantity\":" + std::to_string(60 - price));
  }
  EXPECT_EQ(metric(*first, misses_total) + metric(*second, misses_total), misses);
}

TEST_F(Store, a_write_seen_before_during_and_after_its_refresh_is_the_same) {
  const auto first = open(options("frontend-1"));
  const auto second = open(options("frontend-2"));
  for (int price = 1; price <= 200; ++price) {
    const std::string text = std::to_string(price);
    ASSERT_EQ(first->write(http::Method::patch, "/books/2", "{\"price\":" + text + '}').status, 204U);
    for (int i = 0; i < 5; ++i) {
      for (const auto& shop : {first.get(), second.get()})
        ASSERT_THAT(shop->get("/info/2").body, HasSubstr("\"price\":" + text + ".00"));
    }
  }
  EXPECT_GT(metric(*second, "bazar_cache_refreshes_total"), 0);
}

TEST_F(Store, a_write_to_a_book_that_nobody_has_read_and_a_removal_bring_nothing_into_the_cache) {
  const auto shop = open(options("frontend-1"));
  shop->get("/info/2");
  shop->get("/info/6");
  ASSERT_EQ(shop->write(http::Method::patch, "/books/3", R"({"price":1})").status, 204U);
  ASSERT_EQ(shop->write(http::Method::del, "/books/6").status, 204U);
  ASSERT_EQ(shop->write(http::Method::patch, "/books/2", R"({"price":1})").status, 204U);
  shop->wait_until([](Shop& one) { return metric(one, "bazar_cache_refreshes_total") == 1; });
  // Nor is it sent: an approval says what the front-end caches.
  catalog::HttpProbe catalog(catalog_->url(), testing::service_token);
  shop->wait_until([&](Shop&) {
    return catalog.get("/metrics").body.find("bazar_refreshes_total{outcome=\"sent\"} 1\n") !=
           std::string::npos;
  });
  EXPECT_EQ(cache_status(*shop, "/info/2"), "bazar; hit");
  EXPECT_EQ(cache_status(*shop, "/info/3"), "bazar; fwd=miss");
  EXPECT_EQ(shop->get("/info/6").status, 404U);
}

TEST_F(Store, an_approval_names_no_more_books_than_a_refresh_holds) {
  auto with_server = options("frontend-1");
  with_server.cache = "redis://127.0.0.1:1";  // it is not asked what it has
  const auto shop = open(with_server);
  const std::string url = control_url(catalog_->url(), "frontend-1");
  catalog::HttpProbe catalog(catalog_->url(), testing::service_token);
  const auto members = boost::json::parse(catalog.get("/members").body).at("members").as_array();
  const auto* self =
      std::ranges::find_if(members, [](const auto& member) { return member.at("name") == "frontend-1"; });
  const auto approve = [&](std::size_t count) {
    catalog::Invalidation invalidation{
        .epoch = std::string(*catalog.get("/books/1").header(catalog::wire::epoch_header)),
        .incarnation = std::string(self->at("incarnation").as_string()),
        .revision = 1,
        .books = {}};
    for (std::size_t i = 1; i <= count; ++i) invalidation.books.emplace_back(static_cast<std::int64_t>(i));
    const auto answer = catalog::HttpProbe(url, testing::service_token)
                            .send(http::Method::post, "/invalidate", json::encode(invalidation));
    EXPECT_EQ(answer.status, 200U);
    return json::decode<catalog::ApprovalBody>(answer.body)->cached;
  };
  EXPECT_THAT(approve(catalog::Refresh::max_books), Optional(SizeIs(catalog::Refresh::max_books)));
  EXPECT_THAT(approve(catalog::Refresh::max_books + 1), Optional(IsEmpty()))
      << "not left out: an earlier release does that";
}

TEST_F(Store, where_writes_only_invalidate_the_next_read_is_one_miss) {
  const auto port = http::parse_endpoint(catalog_->url())->port;
  catalog_->stop();
  catalog_.reset();
  catalog_ = start_catalog("catalog-1", port, catalog::OnWrite::invalidate);
  const auto first = open(options("frontend-1"));
  const auto second = open(options("frontend-2"));
  first->get("/info/2");
  second->get("/info/2");
  ASSERT_EQ(first->write(http::Method::patch, "/books/2", R"({"price":1})").status, 204U);
  for (const auto& shop : {first.get(), second.get()}) {
    const auto miss = shop->get("/info/2");
    EXPECT_EQ(header(miss, "Cache-Status"), "bazar; fwd=miss");
    EXPECT_THAT(miss.body, HasSubstr("\"price\":1.00"));
    EXPECT_EQ(cache_status(*shop, "/info/2"), "bazar; hit");
    EXPECT_EQ(metric(*shop, "bazar_cache_refreshes_total"), 0);
  }
}

TEST_F(Store, a_refresh_needs_the_service_token_and_its_form_and_never_replaces_something_later) {
  const auto shop = open(options("frontend-1"));
  const auto fresh = shop->get("/info/2");
  const std::string url = control_url(catalog_->url(), "frontend-1");
  const auto refresh = [&](std::string token, std::string text, std::string currency = "USD") {
    std::vector<http::Header> headers;
    if (!currency.empty()) headers.push_back({"Bazar-Currency", std::move(currency)});
    return catalog::HttpProbe(url, std::move(token))
        .send(http::Method::post, "/refresh", std::move(text), std::move(headers))
        .status;
  };
  catalog::HttpProbe probe(catalog_->url());
  const auto read = probe.get("/books/2");
  const auto epoch = std::string(read.header("Bazar-Epoch").value());
  const auto body = [&](const std::string& of_epoch, const std::string& as_of) {
    return R"({"epoch":")" + of_epoch + R"(","books":[{"as_of":)" + as_of +
           R"(,"book":{"id":2,"title":"Old","topic":"t","price":1,"currency":"USD","quantity":1,"version":0}}]})";
  };
  EXPECT_EQ(refresh("", body(epoch, "0")), 401U);
  EXPECT_EQ(refresh("wrong", body(epoch, "0")), 401U);
  EXPECT_EQ(refresh(testing::service_token, "{}"), 400U);
  EXPECT_EQ(refresh(testing::service_token, ""), 400U);
  EXPECT_EQ(refresh(testing::service_token, body(epoch, "0"), ""), 400U);
  EXPECT_EQ(refresh(testing::service_token, body(epoch, "0"), "???"), 400U);
  EXPECT_EQ(refresh(testing::service_token, std::string(catalog::Refresh::max_bytes + 1, ' ')), 413U);
  for (const auto& late : {body(epoch, "0"), body("another", "999999")})
    EXPECT_EQ(refresh(testing::service_token, late), 204U);
  const auto hit = shop->get("/info/2");
  EXPECT_EQ(header(hit, "Cache-Status"), "bazar; hit");
  EXPECT_EQ(hit.body, fresh.body);
}

}  // namespace
}  // namespace bazar::frontend
