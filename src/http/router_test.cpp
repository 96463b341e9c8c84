#include "http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bazar::http {
namespace {

using ::testing::ElementsAre;

Task<Response> nothing(Request&) { co_return no_content(); }

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    router_.add(Method::get, "/", nothing);
    router_.add(Method::get, "/books", nothing);
    router_.add(Method::post, "/books", nothing);
    router_.add(Method::get, "/books/{id}", nothing);
    router_.add(Method::get, "/books/all", nothing);
    router_.add(Method::post, "/books/{id}/stock", nothing);
    router_.add(Method::put, "/members/{role}/{name}", nothing);
    router_.add(Method::get, "/books/all/{page}/x", nothing);
  }

  std::string pattern(Method method, std::string_view path) {
    const auto match = router_.find(method, path);
    return match.route != nullptr ? match.route->pattern : std::string();
  }

  Router router_;
};

TEST_F(RouterTest, prefers_a_literal_segment) {
  EXPECT_EQ(pattern(Method::get, "/books/7"), "/books/{id}");
  EXPECT_EQ(pattern(Method::get, "/books/all"), "/books/all");
}

TEST_F(RouterTest, goes_back_to_the_parameter_when_the_literal_leads_nowhere) {
  const auto match = router_.find(Method::post, "/books/all/stock");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->pattern, "/books/{id}/stock");
  EXPECT_THAT(match.params, ElementsAre("all"));
}

TEST_F(RouterTest, decodes_parameters_once_and_by_segment) {
  EXPECT_THAT(router_.find(Method::put, "/members/a%2Fb/%25C3%C3%A9").params,
              ElementsAre("a/b", "%C3\xC3\xA9"));
  EXPECT_THAT(router_.find(Method::put, "/members/a+b/c%20d").params, ElementsAre("a+b", "c d"));
  EXPECT_EQ(pattern(Method::get, "/b%6Foks"), "/books");
}

TEST_F(RouterTest, refuses_what_cannot_be_decoded) {
  for (const char* bad : {"/books/%", "/books/%4", "/books/%zz", "/books/%00", "/books/%0A", "/books/%7F",
                          "/books/%FF", "/books/%C3", "/books/%ED%A0%80", "/books/%C2%80", "/none/%zz"}) {
    EXPECT_TRUE(router_.find(Method::get, bad).undecodable) << bad;
  }
}

TEST_F(RouterTest, head_finds_get) { EXPECT_EQ(pattern(Method::head, "/books"), "/books"); }

TEST_F(RouterTest, tells_the_methods_of_a_path) {
  EXPECT_EQ(router_.find(Method::del, "/books").allow, "GET, HEAD, POST");
  EXPECT_EQ(router_.find(Method::options, "/books/7/stock").allow, "POST");
  EXPECT_EQ(router_.find(Method::other, "/").allow, "GET, HEAD");
}

TEST_F(RouterTest, knows_no_other_paths) {
  for (const char* path : {"/book", "/books/", "/books//stock", "//books", "/books/7/", "/books/7/stock/x",
                           "", "books", "*", "/members/a", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"}) {
    const auto match = router_.find(Method::get, path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_EQ(match.allow, path == std::string("/books/7/stock") ? "POST" : "") << path;
  }
}

}  // namespace
}  // namespace bazar::http
