#include "http/uri.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bazar::http {
namespace {

using ::testing::ElementsAre;

/// `path|query`, or `none`.
std::string parts_of(std::string_view target, Method method = Method::get) {
  const auto parts = parse_target(method, target);
  return parts ? std::string(parts->path) + "|" + std::string(parts->query) : "none";
}

TEST(Target, has_a_path_and_a_query) {
  EXPECT_EQ(parts_of("/a/b"), "/a/b|");
  EXPECT_EQ(parts_of("/a?"), "/a|");
  EXPECT_EQ(parts_of("/a?b=/c?d"), "/a|b=/c?d");
}

TEST(Target, of_absolute_form_is_read_without_its_authority) {
  EXPECT_EQ(parts_of("http://host:80/a?b"), "/a|b");
  EXPECT_EQ(parts_of("HTTP://host/"), "/|");
  EXPECT_EQ(parts_of("http://host"), "/|");
  EXPECT_EQ(parts_of("http://host?b=1"), "/|b=1");
  EXPECT_EQ(parts_of("http://host", Method::options), "*|");
  EXPECT_EQ(parts_of("http://host?b=1", Method::options), "/|b=1");
}

TEST(Target, of_another_form_is_refused) {
  for (const auto* bad : {"", "a", "host:80", "*", "https://host/", "http://", "http:///a", "http://?a",
                          "http://user@host/", "/a#b", "http://host/#"}) {
    EXPECT_EQ(parts_of(bad), "none") << bad;
  }
  EXPECT_EQ(parts_of("*", Method::options), "*|");
  EXPECT_EQ(parts_of("*?a", Method::options), "none");
}

TEST(Query, decodes_queries) {
  std::vector<std::pair<std::string, std::string>> query;
  ASSERT_TRUE(decode_query("a=1&b=x+y%2B&&c&d=e=f", query));
  EXPECT_THAT(query, ElementsAre(std::pair("a", "1"), std::pair("b", "x y+"), std::pair("c", ""),
                                 std::pair("d", "e=f")));
  for (const char* bad : {"a=%", "%zz=1", "a=%00", "a=%FF"}) EXPECT_FALSE(decode_query(bad, query)) << bad;
}

TEST(Query, bounds_the_number_of_parameters) {
  std::string text;
  for (std::size_t i = 0; i < max_query_parameters; ++i) text += "a=1&";
  std::vector<std::pair<std::string, std::string>> query;
  EXPECT_TRUE(decode_query(text, query));
  query.clear();
  EXPECT_FALSE(decode_query(text + "a=1", query));
}

}  // namespace
}  // namespace bazar::http
