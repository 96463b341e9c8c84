#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/testing/fake_store.hpp"

namespace bazar::frontend {
namespace {

using testing::book_2;
using testing::FakeTier;
using ::testing::HasSubstr;
using testing::header;
using ::testing::Not;
using testing::Seen;
using testing::Shop;

class ShopkeeperRoutes : public testing::Routes {};

TEST_F(ShopkeeperRoutes, the_shopkeepers_routes_need_his_token) {
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

TEST_F(ShopkeeperRoutes, without_a_shopkeepers_token_nobody_writes) {
  FakeTier catalog(testing::with_members({}, ""));
  auto options = testing::options_for(catalog.url());
  options.shopkeeper_token.clear();
  Shop closed(options);
  EXPECT_EQ(closed.send(http::Method::put, "/books/2", "{}", {{"Authorization", "Bearer "}}).status, 401U);
  EXPECT_EQ(closed.write(http::Method::put, "/books/2", "{}").status, 401U);
}

TEST_F(ShopkeeperRoutes, a_write_is_forwarded_with_its_headers_and_its_answer_relayed) {
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

TEST_F(ShopkeeperRoutes, a_catalogs_refusal_of_a_write_is_relayed) {
  write_answer(http::to_response({.status = 412, .slug = "version-moved", .title = "The version moved on"}));
  const auto answer =
      shop().write(http::Method::patch, "/books/2", "{}", {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(answer.status, 412U);
  EXPECT_THAT(answer.body, HasSubstr("version-moved"));
  EXPECT_EQ(catalog_->seen("/books/2").at(0).header("Content-Type"), "application/merge-patch+json");
}

TEST_F(ShopkeeperRoutes, a_refusal_is_told_in_the_representation_that_is_asked_for) {
  write_answer(http::to_response({.status = 412, .slug = "version-moved", .title = "The version moved on"}));
  for (const std::string type : {"text/html", "text/plain"}) {
    const auto refused = shop().write(http::Method::put, "/books/2", "{}", {{"Accept", type}});
    EXPECT_EQ(refused.status, 412U);
    EXPECT_EQ(header(refused, "Content-Type"), type + "; charset=utf-8");
    EXPECT_THAT(refused.body, HasSubstr("The version moved on"));
    EXPECT_EQ(header(refused, "X-Served-By"), "frontend-1, catalog");
    const auto stranger = shop().send(http::Method::put, "/books/2", "{}", {{"Accept", type}});
    EXPECT_EQ(stranger.status, 401U);
    EXPECT_EQ(header(stranger, "Content-Type"), type + "; charset=utf-8");
    EXPECT_THAT(header(stranger, "WWW-Authenticate"), HasSubstr("Bearer"));
  }
}

TEST_F(ShopkeeperRoutes, only_writes_that_may_be_repeated_are) {
  write_answer(http::to_response(http::unavailable("no")));
  EXPECT_EQ(shop().write(http::Method::post, "/books", "{}").status, 503U);
  EXPECT_EQ(catalog_->seen("/books").size(), 1U);
  EXPECT_EQ(shop().write(http::Method::patch, "/books/2", "{}").status, 503U);
  EXPECT_EQ(catalog_->seen("/books/2").size(), 1U);
  EXPECT_EQ(shop().write(http::Method::put, "/books/3", "{}").status, 503U);
  EXPECT_GT(catalog_->seen("/books/3").size(), 1U);
}

TEST_F(ShopkeeperRoutes, a_tiers_own_trouble_is_told_as_an_outage) {
  write_answer(http::to_response({.status = 401, .slug = "unauthorized", .title = "service token"}));
  const auto answer = shop().write(http::Method::put, "/books/2", "{}");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_THAT(answer.body, Not(HasSubstr("service token")));
}

}  // namespace
}  // namespace bazar::frontend
