#include "catalog/idempotency_key.hpp"

#include <gtest/gtest.h>

#include "http/message.hpp"

namespace bazar::catalog {
namespace {

TEST(IdempotencyKey, quoted_and_bare_are_the_same_key) {
  EXPECT_EQ(parse_idempotency_key("k1"), "k1");
  EXPECT_EQ(parse_idempotency_key("\"k1\""), "k1");
  EXPECT_EQ(parse_idempotency_key(R"("a\"b\\c")"), R"(a"b\c)");
  EXPECT_EQ(parse_idempotency_key(std::string(255, 'k')), std::string(255, 'k'));
}

TEST(IdempotencyKey, refuses_what_is_no_key) {
  for (const std::string header : {"", "\"\"", "\"", "\"open", "\"in\"ner\"", "\"bad\\n\"", "\"ends\\\"",
                                   "two words", "\"two words\"", "k\xc3\xa4"}) {
    const auto key = parse_idempotency_key(header);
    ASSERT_FALSE(key) << header;
    EXPECT_EQ(key.error().field, "Idempotency-Key");
  }
  EXPECT_FALSE(parse_idempotency_key(std::string(256, 'k')));
}

TEST(IdempotencyKey, is_read_from_a_request_once_and_without_regard_to_case) {
  http::Request request;
  EXPECT_EQ(idempotency_key(request).value(), std::nullopt);
  request.headers = {{"idempotency-KEY", "k1"}};
  EXPECT_EQ(idempotency_key(request).value(), "k1");
  request.headers.push_back({"Idempotency-Key", "k1"});
  EXPECT_FALSE(idempotency_key(request));
}

}  // namespace
}  // namespace bazar::catalog
