#include "http/problem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bazar::http {
namespace {

TEST(ProblemTest, escapes_its_texts) {
  const Response response = to_response({.status = 403,
                                         .slug = "out-of-stock",
                                         .title = "a\"b",
                                         .detail = "c\nd",
                                         .members = {{"available", "0"}}});
  EXPECT_EQ(response.body,
            R"({"type":"/problems/out-of-stock","title":"a\"b","status":403,"detail":"c\nd","available":0})");
  EXPECT_EQ(response.header("content-type"), "application/problem+json");
}

}  // namespace
}  // namespace bazar::http
