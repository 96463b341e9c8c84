#include "report/plot_style.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/svg_plot.hpp"

namespace bazar::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PlotStyle, has_a_colour_for_each_series_in_light_and_in_dark) {
  const std::string css = plot_style();
  const std::size_t dark = css.find("prefers-color-scheme:dark");
  ASSERT_NE(dark, std::string::npos);
  for (std::size_t i = 0; i < most_series; ++i) {
    const std::string colour = fmt::format("--c{}:#", i);
    EXPECT_LT(css.find(colour), dark);
    EXPECT_NE(css.find(colour, dark), std::string::npos);
    EXPECT_THAT(css, HasSubstr(fmt::format(".line.s{}{{", i)));
  }
}

TEST(PlotStyle, refers_to_nothing_outside) {
  EXPECT_THAT(plot_style(), Not(testing::AnyOf(HasSubstr("http"), HasSubstr("@import"), HasSubstr("url("))));
}

}  // namespace
}  // namespace bazar::report
