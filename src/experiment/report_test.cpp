#include "experiment/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/plot_style.hpp"

namespace bazar::experiment {
namespace {

using testing::HasSubstr;
using testing::Not;

Report report() {
  return {.begun = WallTime(milliseconds(1'700'000'000'000)),
          .took = std::chrono::seconds(83),
          .version = "0.1.0",
          .command = "bazar experiment --out \"a<b\"",
          .machine = {.processor = "A <CPU>", .cores = 2, .kernel = "Linux", .file_system = "ext4"},
          .sections = {
              {.name = "one",
               .title = "First & foremost",
               .question = "Is it <fast>?",
               .set_up = "Two stores.",
               .results = {"It takes < 1 ms."},
               .plots = {"<svg id=\"mine\"></svg>"},
               .tables = {{.name = "t", .caption = "Table.", .columns = {{.name = "x"}}, .rows = {{1.0}}}},
               .data_only = {{.name = "long", .caption = "Not shown.", .columns = {}, .rows = {}}},
               .remarks = {"Bear in mind <this>."}},
              {.name = "two", .title = "Second", .failure = "no <store>"}}};
}

TEST(Report, tells_question_result_table_and_plot_of_each_study) {
  const std::string html = to_html(report());
  for (const std::string expected :
       {"First &amp; foremost", "Is it &lt;fast&gt;?", "It takes &lt; 1 ms.", "<svg id=\"mine\">", "Table.",
        "Bear in mind &lt;this&gt;.", "A &lt;CPU&gt;", "1 min 23 s", "2023-11-14T22:13:20", "a&lt;b&quot;"}) {
    EXPECT_THAT(html, HasSubstr(expected));
  }
  EXPECT_THAT(html, Not(HasSubstr("Not shown.")));
  EXPECT_THAT(html, HasSubstr(bazar::report::plot_style()));
}

TEST(Report, says_what_could_not_be_measured) {
  EXPECT_THAT(to_html(report()), HasSubstr("Not measured: no &lt;store&gt;"));
  Report interrupted = report();
  EXPECT_THAT(to_html(interrupted), Not(HasSubstr("interrupted")));
  interrupted.interrupted = true;
  EXPECT_THAT(to_html(interrupted), HasSubstr("interrupted"));
}

TEST(Report, is_one_file_that_refers_to_nothing_outside) {
  const std::string html = to_html(report());
  for (const std::string outside : {"http://", "https://", "src=", "<script", "<link", "@import", "url("})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
}

TEST(Report, cites_the_earlier_stores_and_says_where_they_were_measured) {
  const std::string html = to_html(report());
  EXPECT_THAT(html, HasSubstr("348"));
  EXPECT_THAT(html, HasSubstr("2,560"));
  EXPECT_THAT(html, HasSubstr("on other machines"));
}

}  // namespace
}  // namespace bazar::experiment
