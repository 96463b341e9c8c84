#include "load/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "report/plot_style.hpp"

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

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
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
  for (const std::string outside : {"http", "<script", "<link", "src=", "@import", "url("})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
}

TEST(Report, as_html_draws_percentiles_and_the_time_line) {
  const std::string html = report_html(some_plan(), some_result());
  EXPECT_THAT(html, HasSubstr(report::plot_style()));
  EXPECT_EQ(count(html, "<svg"), 3U);
  for (const std::string drawn :
       {"latency of lookup, ms", "answers a second", "failed or dropped", "p99", "measured from here"})
    EXPECT_THAT(html, HasSubstr(">" + drawn + "</text>"));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(Report, as_html_shows_percentiles_up_to_the_one_that_a_single_request_decides) {
  Result result = some_result();
  EXPECT_THAT(report_html(some_plan(), result), HasSubstr(">99.9 %</text>"));
  EXPECT_THAT(report_html(some_plan(), result), Not(HasSubstr(">99.99 %</text>")));
  for (int i = 0; i < 99'000; ++i) result.by_operation[2].latency.record(3ms);
  EXPECT_THAT(report_html(some_plan(), result), HasSubstr(">99.99 %</text>"));
  EXPECT_THAT(report_html(some_plan(), result), Not(HasSubstr(">99.9999 %</text>")));
}

TEST(Report, as_html_has_no_plot_of_what_never_came) {
  // A run without a single answer has no percentiles to draw.
  const std::string html = report_html(some_plan(), Result());
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  EXPECT_THAT(html, Not(HasSubstr("<figure")));
  // Too short for any clock: a logarithmic axis has no place for it.
  Result result;
  result.by_operation[0].latency.record(0ns);
  result.by_operation[0].succeeded = 1;
  result.samples = {{.at = 0ms, .succeeded = 1, .max = 1ns}};
  EXPECT_THAT(report_html(some_plan(), result), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace bazar::load
