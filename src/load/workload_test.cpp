#include "load/workload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace bazar::load {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Plan plan_of(std::string_view mix) {
  return {.targets = {{"127.0.0.1", 8080}, {"::1", 8081}},
          .mix = find_mix(mix).value(),
          .books = {{17}},
          .popularity = {},
          .topics = {{.name = "café & co", .weight = 1}}};
}

std::string written(const Plan& plan, Operation operation, std::size_t target) {
  std::string bytes = "what was there before";
  Workload(plan, "run").write(bytes, operation, target);
  return bytes;
}

TEST(Workload, writes_whole_requests) {
  const Plan plan = plan_of("shop");
  EXPECT_EQ(written(plan, Operation::lookup, 0), "GET /info/17 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
  EXPECT_EQ(written(plan, Operation::search, 1),
            "GET /search/caf%C3%A9%20%26%20co HTTP/1.1\r\nHost: [::1]:8081\r\n\r\n");
  EXPECT_EQ(written(plan, Operation::fetch, 0), "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
  const std::string purchase = written(plan, Operation::purchase, 0);
  EXPECT_THAT(purchase, StartsWith("POST /purchase/17 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"));
  EXPECT_THAT(purchase, HasSubstr("\r\nContent-Length: 16\r\n"));
  EXPECT_THAT(purchase, HasSubstr("\r\nIdempotency-Key: run-1\r\n"));
  EXPECT_THAT(purchase, EndsWith("\r\n\r\n{\"name\":\"bench\"}"));
}

TEST(Workload, no_two_purchases_have_the_same_key) {
  const Plan plan = plan_of("purchase");
  Workload workload(plan, "run");
  std::string first;
  std::string second;
  workload.write(first, Operation::purchase, 0);
  workload.write(second, Operation::purchase, 0);
  EXPECT_NE(first, second);
}

TEST(Workload, says_what_the_plan_lacks) {
  const auto lacks = [](Plan plan) { EXPECT_THROW(Workload(plan, "run"), std::invalid_argument); };
  for (const std::string_view mix : {"shop", "purchase", "hot"}) {
    Plan plan = plan_of(mix);
    plan.books.clear();
    lacks(plan);
  }
  Plan plan = plan_of("search");
  plan.topics.clear();
  lacks(plan);
  plan = plan_of("lookup");
  plan.popularity = {1, 2};
  lacks(plan);
  plan = plan_of("lookup");
  plan.targets.clear();
  lacks(plan);
  plan = plan_of("lookup");
  plan.connections = 0;
  lacks(plan);
}

TEST(Workload, a_hot_mix_has_one_book) {
  Plan plan = plan_of("hot");
  plan.books = shuffled_books(1'000, 1);
  Workload workload(plan, "run");
  std::string first;
  workload.write(first, Operation::lookup, 0);
  for (int i = 0; i < 100; ++i) {
    std::string next;
    workload.write(next, Operation::lookup, 0);
    EXPECT_EQ(next, first);
  }
}

}  // namespace
}  // namespace bazar::load
