#include "frontend/routes/representation.hpp"

#include <gtest/gtest.h>

namespace bazar::frontend {
namespace {

TEST(Representation, is_json_where_nothing_is_asked_for) {
  EXPECT_EQ(negotiate(std::nullopt), Representation::json);
  EXPECT_EQ(negotiate(""), Representation::json);
  EXPECT_EQ(negotiate("*/*"), Representation::json);
  EXPECT_EQ(negotiate("application/json"), Representation::json);
  EXPECT_EQ(negotiate("application/*"), Representation::json);
}

TEST(Representation, is_a_page_for_a_browser) {
  EXPECT_EQ(
      negotiate("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
      Representation::html);
  EXPECT_EQ(negotiate("TEXT/HTML"), Representation::html);
  EXPECT_EQ(negotiate("text/html;charset=utf-8"), Representation::html);
}

TEST(Representation, is_lines_where_plain_text_is_asked_for) {
  EXPECT_EQ(negotiate("text/plain"), Representation::text);
  EXPECT_EQ(negotiate("text/plain, text/html;q=0.5"), Representation::text);
}

TEST(Representation, a_higher_quality_wins_over_the_order_in_the_header) {
  EXPECT_EQ(negotiate("text/html;q=0.4, text/plain;q=0.5, application/json;q=0.3"), Representation::text);
  EXPECT_EQ(negotiate("text/html ; q=0.123 , application/json ; q=0.124"), Representation::json);
}

TEST(Representation, the_most_specific_range_gives_the_quality) {
  EXPECT_EQ(negotiate("text/*;q=0.9, text/html;q=0.1, application/json;q=0.5"), Representation::text);
  EXPECT_EQ(negotiate("*/*;q=0.9, application/json;q=0.1, text/*;q=0.2, text/html;q=0"),
            Representation::text);
}

TEST(Representation, of_equal_qualities_the_named_type_wins) {
  EXPECT_EQ(negotiate("text/plain, */*"), Representation::text);
  EXPECT_EQ(negotiate("application/json, text/plain, */*"), Representation::json);
}

TEST(Representation, quality_zero_is_not_acceptable) {
  EXPECT_EQ(negotiate("text/html;q=0, text/plain;q=0.001"), Representation::text);
  EXPECT_EQ(negotiate("application/json;q=0, */*"), Representation::html);
}

TEST(Representation, falls_back_to_json_where_nothing_fits) {
  EXPECT_EQ(negotiate("image/png"), Representation::json);
  EXPECT_EQ(negotiate("text/html;q=0"), Representation::json);
}

TEST(Representation, malformed_ranges_are_passed_over) {
  EXPECT_EQ(negotiate(",,;q=1,/,text/,/html,text/plain;q=0.2"), Representation::text);
  EXPECT_EQ(negotiate("text/html;q=2, text/plain;q=0.1"), Representation::text);
  EXPECT_EQ(negotiate("text/html;q=0.1234, text/plain;q=0.1"), Representation::text);
  EXPECT_EQ(negotiate("text/html;q=, text/plain;q=0.1"), Representation::text);
  EXPECT_EQ(negotiate("text/html;q=-1, text/plain;q=0.1"), Representation::text);
  EXPECT_EQ(negotiate(std::string(10'000, ',')), Representation::json);
}

TEST(Representation, tags_differ_where_bytes_differ) {
  EXPECT_EQ(tag_of(Representation::json, "\"17\""), "\"17\"");
  EXPECT_EQ(tag_of(Representation::html, "\"17\""), "\"17-html\"");
  EXPECT_EQ(tag_of(Representation::text, "\"17\""), "\"17-text\"");
}

}  // namespace
}  // namespace bazar::frontend
