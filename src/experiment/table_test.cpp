#include "experiment/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace bazar::experiment {

using report::Estimate;

namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double infinity = std::numeric_limits<double>::infinity();

const Table table{
    .name = "t",
    .caption = "A < B.",
    .columns = {{.name = "what"}, {.name = "time", .unit = "ms"}, {.name = "rate", .unit = "1/s"}},
    .rows = {{std::string("a \"quoted\", <b>"), Estimate{1.23456, 1.2, 1.3}, 1234.6},
             {std::string("once"), Estimate{2, -infinity, infinity}, 0.0}}};

TEST(Table, csv_has_numbers_in_full_and_intervals_in_columns_of_their_own) {
  EXPECT_EQ(to_csv(table),
            "\"what\",\"time [ms]\",\"time, 95 % from [ms]\",\"time, 95 % to [ms]\",\"rate [1/s]\"\r\n"
            "\"a \"\"quoted\"\", <b>\",\"1.23456\",\"1.2\",\"1.3\",\"1234.6\"\r\n"
            "\"once\",\"2\",\"\",\"\",\"0\"\r\n");
}

TEST(Table, html_is_rounded_and_escaped) {
  const std::string html = to_html(table);
  EXPECT_THAT(html, HasSubstr("<caption>A &lt; B.</caption>"));
  EXPECT_THAT(html, HasSubstr("<td>a &quot;quoted&quot;, &lt;b&gt;</td>"));
  EXPECT_THAT(html, HasSubstr("1.23 <span class=\"interval\">1.2 … 1.3</span>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">1,235</td>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">2</td>"));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
}

TEST(Table, without_rows_has_headings) {
  const Table empty{.name = "e", .caption = "Nothing.", .columns = {{.name = "x"}}, .rows = {}};
  EXPECT_EQ(to_csv(empty), "\"x\"\r\n");
  EXPECT_THAT(to_html(empty), HasSubstr("<th scope=\"col\">x</th>"));
}

}  // namespace
}  // namespace bazar::experiment
