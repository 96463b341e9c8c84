#include "report/readable.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace bazar::report {
namespace {

TEST(Readable, three_digits_that_count) {
  EXPECT_EQ(readable(0), "0");
  EXPECT_EQ(readable(0.012345), "0.0123");
  EXPECT_EQ(readable(4.5678), "4.57");
  EXPECT_EQ(readable(0.5), "0.5");
  EXPECT_EQ(readable(100), "100");
  EXPECT_EQ(readable(348.4), "348");
  EXPECT_EQ(readable(-2.5), "-2.5");
}

TEST(Readable, thousands_stand_apart) {
  EXPECT_EQ(readable(999.6), "1,000");
  EXPECT_EQ(readable(12'345), "12,345");
  EXPECT_EQ(readable(1'234'567), "1,234,567");
  EXPECT_EQ(readable(-123'456), "-123,456");
}

TEST(Readable, what_is_no_number_is_a_dash) {
  EXPECT_EQ(readable(std::numeric_limits<double>::infinity()), "–");
  EXPECT_EQ(readable(std::numeric_limits<double>::quiet_NaN()), "–");
}

TEST(Markup, is_escaped) {
  EXPECT_EQ(escape_markup(R"(<a href="x">'&'</a>)"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escape_markup("Ünï"), "Ünï");
}

}  // namespace
}  // namespace bazar::report
