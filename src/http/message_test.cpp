#include "http/message.hpp"

#include <gtest/gtest.h>

namespace bazar::http {
namespace {

TEST(Fields, are_lines_in_the_order_in_which_they_were_set) {
  Fields fields;
  EXPECT_TRUE(fields.empty());
  fields.set("Vary", "Accept");
  fields.set("X-Empty", "");
  fields.set("ETag", "\"7\"");
  EXPECT_EQ(fields.lines(), "Vary: Accept\r\nX-Empty: \r\nETag: \"7\"\r\n");
}

TEST(Fields, are_found_and_replaced_without_regard_to_case) {
  Fields fields;
  fields.set("ETag", "\"7\"");
  fields.set("ETag-Of", "x");
  fields.set("Vary", "ETag: none");
  EXPECT_EQ(fields.find("etag"), "\"7\"");
  EXPECT_EQ(fields.find("ETa"), std::nullopt);
  EXPECT_EQ(fields.find("none"), std::nullopt);
  fields.set("etag", "\"1234\"");
  fields.set("VARY", "");
  EXPECT_EQ(fields.lines(), "ETag: \"1234\"\r\nETag-Of: x\r\nVary: \r\n");
}

TEST(Fields, are_removed) {
  Fields fields;
  fields.set("A", "1");
  fields.set("B", "2");
  fields.set("C", "3");
  fields.remove("D");
  fields.remove("b");
  EXPECT_EQ(fields.lines(), "A: 1\r\nC: 3\r\n");
  fields.remove("c");
  fields.remove("a");
  EXPECT_TRUE(fields.empty());
}

TEST(PreparedResponse, keeps_the_fields_of_the_body_apart) {
  Fields others;
  others.set("Cache-Control", "no-cache");
  others.set("X-Other", "o");
  const PreparedResponse prepared("text/plain", "\"7\"", "hello", others);
  EXPECT_EQ(prepared.etag(), "\"7\"");
  EXPECT_EQ(prepared.body(), "hello");
  EXPECT_EQ(prepared.fields_of_not_modified(), "ETag: \"7\"\r\nCache-Control: no-cache\r\nX-Other: o\r\n");
  EXPECT_EQ(prepared.fields(), std::string(prepared.fields_of_not_modified()) +
                                   "Content-Type: text/plain\r\nContent-Length: 5\r\n");
}

}  // namespace
}  // namespace bazar::http
