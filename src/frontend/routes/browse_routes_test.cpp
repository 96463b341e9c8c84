#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/testing/fake_store.hpp"

namespace bazar::frontend {
namespace {

using testing::book_2;
using ::testing::HasSubstr;
using testing::header;
using ::testing::Not;

class BrowseRoutes : public testing::Routes {};

TEST_F(BrowseRoutes, a_lookup_is_a_miss_and_then_a_hit) {
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

TEST_F(BrowseRoutes, a_book_is_shown_as_page_and_as_lines) {
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
  EXPECT_EQ(header(lines, "X-Content-Type-Options"), "nosniff");
  EXPECT_THAT(lines.body, HasSubstr("RPCs <b>\n"));
}

TEST_F(BrowseRoutes, a_known_representation_is_not_sent_again) {
  EXPECT_EQ(shop().send(http::Method::get, "/info/2", "", {{"If-None-Match", "\"17\""}}).status, 304U);
  EXPECT_EQ(shop().send(http::Method::get, "/info/2", "", {{"If-None-Match", "\"17-html\""}}).status, 200U);
  const auto page = shop().send(http::Method::get, "/info/2", "",
                                {{"If-None-Match", "\"17-html\""}, {"Accept", "text/html"}});
  EXPECT_EQ(page.status, 304U);
  EXPECT_EQ(header(page, "Vary"), "Accept");
}

TEST_F(BrowseRoutes, head_answers_as_get_without_a_body) {
  const auto answer = shop().send(http::Method::head, "/info/2");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_TRUE(answer.body.empty());
  EXPECT_EQ(header(answer, "ETag"), "\"17\"");
}

TEST_F(BrowseRoutes, no_such_book_is_404_and_no_id_is_400) {
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

TEST_F(BrowseRoutes, a_topic_is_cached_and_fills_the_entries_of_its_books) {
  const auto miss = shop().get("/search/distributed%20systems");
  EXPECT_EQ(miss.status, 200U);
  EXPECT_EQ(miss.body, R"({"topic":"distributed systems","books":[{"id":2,"title":"RPCs <b>"}]})");
  EXPECT_EQ(header(miss, "Cache-Status"), "bazar; fwd=miss");
  EXPECT_EQ(header(shop().get("/search/distributed%20systems"), "Cache-Status"), "bazar; hit");
  EXPECT_EQ(header(shop().get("/info/2"), "Cache-Status"), "bazar; hit");
}

TEST_F(BrowseRoutes, an_unknown_topic_is_404_in_the_words_of_the_representation) {
  EXPECT_EQ(shop().get("/search/nothing").status, 404U);
  const auto lines = shop().get("/search/nothing", "text/plain");
  EXPECT_EQ(lines.status, 404U);
  EXPECT_THAT(lines.body, HasSubstr("No book has this topic"));
  EXPECT_EQ(header(lines, "Content-Type"), "text/plain; charset=utf-8");
  const auto page = shop().get("/search/nothing", "text/html");
  EXPECT_EQ(page.status, 404U);
  EXPECT_THAT(page.body, HasSubstr("<!doctype html>"));
}

TEST_F(BrowseRoutes, further_pages_of_a_topic_are_read_from_the_catalog) {
  const auto page = shop().get("/search/distributed%20systems?after=1&limit=5");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(header(page, "Cache-Status"), "bazar; fwd=bypass");
  EXPECT_EQ(shop().get("/search/distributed%20systems?limit=0").status, 400U);
  EXPECT_EQ(shop().get("/search/distributed%20systems?limit=1001").status, 400U);
  EXPECT_EQ(shop().get("/search/distributed%20systems?after=x").status, 400U);
}

TEST_F(BrowseRoutes, full_text_search_passes_words_cursor_and_limit_on) {
  const auto answer = shop().get("/search?q=a%26b%20c&after=c%2F1&limit=3");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_THAT(answer.body, HasSubstr("\"total\":12"));
  EXPECT_EQ(header(answer, "Cache-Status"), "bazar; fwd=bypass");
  const auto seen = catalog_->seen("/books");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].target, "/books?full=1&q=a%26b%20c&after=c%2F1&limit=3");
}

TEST_F(BrowseRoutes, full_text_search_without_words_is_400) {
  for (const auto* target : {"/search", "/search?q=", "/search?q=%20%20", "/search?q=+", "/search?after=1"}) {
    const auto answer = shop().get(target);
    EXPECT_EQ(answer.status, 400U) << target;
    EXPECT_THAT(answer.body, HasSubstr(R"("field":"q")")) << target;
  }
  EXPECT_EQ(shop().get("/search?q=" + std::string(513, 'x')).status, 400U);
  EXPECT_TRUE(catalog_->seen("/books").empty());
}

TEST_F(BrowseRoutes, a_list_leads_to_its_next_page) {
  EXPECT_THAT(shop().get("/search?q=rpc&limit=1", "text/html").body,
              HasSubstr("/search?q=rpc&amp;limit=1&amp;after=c%2F2"));
  EXPECT_THAT(shop().get("/info", "text/plain").body, HasSubstr("more: /info?after=2\n"));
  const std::string topic = "/search/distributed%20systems";
  EXPECT_THAT(shop().get(topic + "?limit=7", "text/html").body, HasSubstr(topic + "?limit=7&amp;after=2"));
  EXPECT_THAT(shop().get(topic + "?limit=7", "text/plain").body,
              HasSubstr("more: " + topic + "?limit=7&after=2\n"));
  EXPECT_THAT(shop().get(topic + "?limit=5", "text/plain").body, Not(HasSubstr("more:")));
}

TEST_F(BrowseRoutes, the_catalogs_refusal_is_passed_on_in_the_representation) {
  const auto json = shop().get("/info?limit=bad");
  EXPECT_EQ(json.status, 400U);
  EXPECT_EQ(header(json, "Content-Type"), "application/problem+json");
  EXPECT_THAT(json.body, HasSubstr(R"("field":"limit")"));
  EXPECT_THAT(json.body, HasSubstr(R"("type":"/problems/invalid-request")"));
  EXPECT_THAT(shop().get("/info?limit=bad", "text/plain").body, HasSubstr("must be from 1 to 1000"));
}

TEST_F(BrowseRoutes, all_books_are_listed_under_both_names) {
  for (const auto* target : {"/info", "/info/all"}) {
    const auto answer = shop().get(target);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, std::string(R"({"books":[)") + book_2 + R"(],"next":"2"})");
    EXPECT_EQ(header(answer, "Cache-Control"), "no-cache");
    EXPECT_EQ(header(answer, "Bazar-As-Of"), "(none)") << "a strict one bears no label";
  }
}

TEST_F(BrowseRoutes, topics_and_home_have_all_representations) {
  EXPECT_THAT(shop().get("/topics").body, HasSubstr(R"({"topics":[)"));
  EXPECT_THAT(shop().get("/topics", "text/plain").body, HasSubstr("    1  distributed systems\n"));
  EXPECT_THAT(shop().get("/").body, HasSubstr("\"checkout\":\"/checkout\""));
  EXPECT_THAT(shop().get("/", "text/html").body, HasSubstr("/search/distributed%20systems"));
  EXPECT_THAT(shop().get("/", "text/plain").body, HasSubstr("Welcome to Bazar."));
}

TEST_F(BrowseRoutes, assets_are_served_and_nothing_else_is) {
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

}  // namespace
}  // namespace bazar::frontend
