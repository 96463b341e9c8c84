#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/testing/fake_store.hpp"

namespace bazar::frontend {
namespace {

using testing::books;
using testing::FakeTier;
using ::testing::HasSubstr;
using testing::header;
using ::testing::Not;
using testing::Shop;

class Edge : public testing::Routes {};

TEST_F(Edge, what_is_not_public_is_not_there) {
  EXPECT_EQ(shop().get("/books").status, 405U);
  EXPECT_EQ(shop().get("/books/2").status, 405U);
  EXPECT_EQ(shop().get("/members").status, 404U);
  EXPECT_EQ(shop().post("/sales", "{}").status, 404U);
  EXPECT_EQ(shop().post("/invalidate", "{}").status, 404U);
  EXPECT_EQ(shop().post("/orders", "{}").status, 405U);
}

TEST_F(Edge, what_no_route_answers_is_told_as_it_was_asked_for) {
  const auto page = shop().get("/nowhere", "text/html");
  EXPECT_EQ(page.status, 404U);
  EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(header(page, "Content-Security-Policy"), HasSubstr("default-src 'self'"));
  EXPECT_THAT(page.body, HasSubstr("<!doctype html>"));
  const auto lines = shop().get("/books/2", "text/plain");
  EXPECT_EQ(lines.status, 405U);
  EXPECT_EQ(header(lines, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_FALSE(header(lines, "Allow").empty());
  const auto problem = shop().get("/info/%ff");
  EXPECT_EQ(problem.status, 400U);
  EXPECT_EQ(header(problem, "Content-Type"), "application/problem+json");
  for (const auto& answer : {page, lines, problem}) {
    EXPECT_EQ(header(answer, "X-Served-By"), "frontend-1");
    EXPECT_EQ(header(answer, "Vary"), "Accept");
    EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff");
  }
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

TEST(Overload, of_a_catalog_is_told_as_the_front_ends_own) {
  const auto overloaded = testing::always(http::to_response(http::overloaded("too many reads are waiting")));
  FakeTier catalog(testing::with_members({{http::Method::get, "/books", overloaded},
                                          {http::Method::get, "/topics", overloaded},
                                          {http::Method::post, "/books", overloaded}},
                                         ""));
  Shop shop(testing::options_for(catalog.url()));
  shop.wait_until_ready();
  for (const auto* target :
       {"/info/2", "/search/new", "/search/new?limit=5", "/search?q=x", "/info", "/topics"}) {
    const auto answer = shop.get(target);
    EXPECT_EQ(answer.status, 503U) << target;
    EXPECT_EQ(header(answer, "Retry-After"), "1") << target;
    EXPECT_THAT(answer.body, HasSubstr("/problems/overloaded")) << target;
    EXPECT_THAT(answer.body, HasSubstr("More is being looked up")) << target;
  }
  EXPECT_THAT(shop.write(http::Method::post, "/books", "{}").body, HasSubstr("/problems/overloaded"));
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
  EXPECT_THROW(Service(with([](auto& options) { options.cache = "redis://user@localhost"; })),
               std::invalid_argument);
  EXPECT_THROW(Service(with([](auto& options) { options.catalog_url = "nonsense"; })), std::invalid_argument);
  EXPECT_THROW(Service(with([](auto& options) { options.advertise_url = "https://x"; })),
               std::invalid_argument);
  EXPECT_THROW(Service(with([](auto& options) { options.service_token.clear(); })), std::invalid_argument);
}

}  // namespace
}  // namespace bazar::frontend
