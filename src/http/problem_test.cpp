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

TEST(ProblemTest, is_read_back_as_it_was_written) {
  const Response response = to_response({.status = 403,
                                         .slug = "out-of-stock",
                                         .title = "Out of stock",
                                         .detail = "None left.",
                                         .members = {{"available", "0"}}});
  const Problem read = read_problem(response.status, response.body);
  EXPECT_EQ(to_response(read).body, response.body);
  EXPECT_FALSE(is_overloaded(read));
}

TEST(ProblemTest, what_is_none_reads_as_refused) {
  for (const auto* body : {"", "oops", "[1]", "{}"}) {
    const Problem read = read_problem(503, body);
    EXPECT_EQ(read.status, 503U) << body;
    EXPECT_EQ(read.slug, "refused") << body;
    EXPECT_FALSE(is_overloaded(read)) << body;
  }
}

TEST(ProblemTest, an_overload_is_told_from_other_outages) {
  const auto read_back = [](const Problem& problem) {
    return read_problem(problem.status, to_response(problem).body);
  };
  EXPECT_TRUE(is_overloaded(read_back(overloaded("full"))));
  EXPECT_FALSE(is_overloaded(read_back(unavailable("down"))));
}

}  // namespace
}  // namespace bazar::http
