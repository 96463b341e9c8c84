#include "load/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "load/curve_plot.hpp"

namespace bazar::load {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Plan some_plan() {
  return {.targets = {{"localhost", 8080}},
          .mix = find_mix("shop").value(),
          .books = {},
          .popularity = {},
          .topics = {},
          .pace = OpenLoop{.rate_per_s = 1'000},
          .duration = 5s};
}

Result some_result() {
  Result result;
  OperationResult& lookups = result.by_operation[0];
  for (int i = 1; i <= 1'000; ++i) lookups.latency.record(i * 10us);
  lookups.succeeded = 1'000;
  lookups.hits = 3;
  lookups.misses = 1;
  result.by_operation[2].timed_out = 2;
  result.measured = 5s;
  result.answers_per_s = 200;
  result.samples = {{.at = -100ms, .succeeded = 10, .p50 = 1ms, .p99 = 2ms, .max = 3ms},
                    {.at = 0ms, .shed = 4}};
  return result;
}

TEST(Report, has_the_same_figures_as_text_and_json) {
  const std::string text = report_text(some_plan(), some_result());
  EXPECT_THAT(
      text, HasSubstr("shop: open loop, 1000 a second (poisson), 64 connections, 5 s after 2 s of warm-up"));
  EXPECT_THAT(text, HasSubstr("75.0 %"));
  EXPECT_THAT(text, HasSubstr("2 timed out"));
  EXPECT_THAT(text, Not(HasSubstr("search")));

  const auto json = boost::json::parse(report_json(some_plan(), some_result()));
  EXPECT_EQ(json.at("load").at("loop").as_string(), "open");
  EXPECT_EQ(json.at("operations").as_array().size(), 2U);
  const auto& lookups = json.at("operations").at(0);
  EXPECT_EQ(lookups.at("operation").as_string(), "lookup");
  EXPECT_NEAR(lookups.at("latency_us").at("p50").to_number<double>(), 5'000, 5);
  EXPECT_EQ(lookups.at("hit_ratio").to_number<double>(), 0.75);
  EXPECT_TRUE(json.at("operations").at(1).at("hit_ratio").is_null());
  EXPECT_EQ(json.at("all").at("requests").to_number<int>(), 1'002);
  EXPECT_EQ(json.at("samples").at(0).at("at_ms").to_number<int>(), -100);
}

TEST(Report, says_what_the_figures_are_not) {
  Plan plan = some_plan();
  Result result = some_result();
  EXPECT_THAT(warnings(plan, result), IsEmpty());
  result.generator_cpu = 0.99;
  result.send_lag.record(20ms);
  result.dropped = 7;
  result.measured = 1s;
  EXPECT_THAT(warnings(plan, result),
              ElementsAre(HasSubstr("all of its core"), HasSubstr("sent 20.0"),
                          HasSubstr("7 requests were dropped"), HasSubstr("stopped")));
}

TEST(Report, as_html_refers_to_nothing_outside) {
  const std::string html = report_html(some_plan(), some_result());
  EXPECT_THAT(html, HasSubstr("<svg"));
  EXPECT_THAT(html, HasSubstr("99.999"));
  EXPECT_THAT(html, Not(HasSubstr("http")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  // A run without a single answer has no percentiles to draw.
  EXPECT_THAT(report_html(some_plan(), Result()), Not(HasSubstr("nan")));
}

TEST(CurvePlot, chooses_round_ticks) {
  const auto labels = [](const std::vector<Tick>& ticks) {
    std::vector<std::string> found;
    for (const Tick& tick : ticks) found.push_back(tick.label);
    return found;
  };
  EXPECT_THAT(labels(decades(0.03, 20)), ElementsAre("0.01", "0.1", "1", "10", "100"));
  EXPECT_THAT(labels(decades(1, 1)), ElementsAre("1", "10"));
  EXPECT_THAT(labels(steps(12)), ElementsAre("0", "2", "4", "6", "8", "10", "12"));
  EXPECT_THAT(labels(steps(700)), ElementsAre("0", "100", "200", "300", "400", "500", "600", "700"));
  EXPECT_GE(steps(0).size(), 2U);
}

}  // namespace
}  // namespace bazar::load
