#include "report/svg_plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <limits>
#include <sstream>

namespace bazar::report {
namespace {

using testing::HasSubstr;
using testing::Not;

boost::property_tree::ptree parse(const std::string& svg) {
  std::istringstream stream(svg);
  boost::property_tree::ptree tree;
  boost::property_tree::read_xml(stream, tree);
  return tree.get_child("svg");
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

LinePlot line_plot() {
  return {.text = {.title = "A < B & \"C\"", .x_label = "x, s", .y_label = "y, ms"},
          .series = {{.name = "first", .points = {point(0, 1), {1, {2, 1.5, 2.5}}, point(2, 3)}},
                     {.name = "theory <2>",
                      .points = {point(0, 1), point(2, 2)},
                      .style = Series::Style::dashed_line}},
          .instants = {{0.5, "killed"}, {0.6, "back"}}};
}

TEST(SvgPlot, of_lines_is_well_formed_and_named) {
  const auto svg = parse(draw(line_plot()));
  EXPECT_EQ(svg.get<std::string>("title"), "A < B & \"C\"");
  EXPECT_EQ(svg.get<std::string>("<xmlattr>.role"), "img");
  EXPECT_EQ(svg.get<std::string>("<xmlattr>.aria-label"), "A < B & \"C\"");
}

TEST(SvgPlot, has_a_mark_for_each_point_a_whisker_for_each_interval_and_a_legend) {
  const std::string svg = draw(line_plot());
  EXPECT_EQ(count(svg, "<circle"), 3U);
  EXPECT_EQ(count(svg, "class=\"whisker\""), 1U);
  EXPECT_EQ(count(svg, "class=\"swatch"), 2U);
  EXPECT_THAT(svg, HasSubstr("theory &lt;2&gt;"));
  EXPECT_THAT(svg, HasSubstr(">killed</text>"));
}

TEST(SvgPlot, labels_of_instants_are_over_their_lines_and_within_the_plot) {
  LinePlot plot = line_plot();
  plot.instants = {{0.5, "killed"}, {1.9, "back"}, {2, "whole again"}};
  const std::string svg = draw(plot);
  EXPECT_LT(svg.rfind("<line class=\"instant\""), svg.find("<text class=\"instant\""));
  EXPECT_THAT(svg, testing::ContainsRegex("\"start\">killed<"));
  EXPECT_THAT(svg, testing::ContainsRegex("\"end\">whole again<"));
}

TEST(SvgPlot, a_single_series_needs_no_legend) {
  LinePlot plot = line_plot();
  plot.series.pop_back();
  EXPECT_EQ(count(draw(plot), "class=\"swatch"), 0U);
}

TEST(SvgPlot, refers_to_nothing_outside) {
  EXPECT_THAT(draw(line_plot()),
              Not(testing::AnyOf(HasSubstr("http"), HasSubstr("href"), HasSubstr("url("))));
}

TEST(SvgPlot, an_area_ends_at_the_ground) {
  LinePlot plot = line_plot();
  plot.series.resize(1);
  plot.series[0].style = Series::Style::area;
  EXPECT_EQ(count(draw(plot), "class=\"area s0\""), 1U);
}

TEST(SvgPlot, of_latencies_by_share) {
  LinePlot plot = line_plot();
  plot.series[0].points = {point(0, 0.02), point(0.9, 2), point(0.999, 900)};
  plot.series[0].style = Series::Style::plain_line;
  plot.series.resize(1);
  plot.instants.clear();
  plot.x_scaling = Scaling::nines;
  plot.y_scaling = Scaling::logarithmic;
  const std::string svg = draw(plot);
  EXPECT_THAT(svg, HasSubstr(">99.9 %</text>"));
  EXPECT_THAT(svg, HasSubstr(">0.01</text>"));
  EXPECT_THAT(svg, HasSubstr(">1,000</text>"));
  EXPECT_EQ(count(svg, "<circle"), 0U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(SvgPlot, the_label_at_the_end_of_the_x_axis_is_not_cut) {
  LinePlot plot = line_plot();
  plot.series[0].points = {point(0, 1), point(0.999'999, 2)};
  plot.series.resize(1);
  plot.instants.clear();
  plot.x_scaling = Scaling::nines;
  const std::string svg = draw(plot);
  EXPECT_THAT(svg, HasSubstr(R"(text-anchor="middle">99.9 %<)"));
  EXPECT_THAT(svg, HasSubstr(R"(<text x="760.0" y="343.0" text-anchor="end">99.9999 %<)"));
}

TEST(SvgPlot, without_points_there_is_none) {
  EXPECT_EQ(draw(LinePlot{.text = {}, .series = {}}), "");
  EXPECT_EQ(draw(LinePlot{.text = {}, .series = {{.name = "empty", .points = {}}}}), "");
  EXPECT_EQ(draw(BarPlot{.text = {}, .series = {}, .groups = {}}), "");
}

TEST(SvgPlot, of_bars) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::string svg =
      draw(BarPlot{.text = {.title = "Bars", .x_label = "", .y_label = "ms"},
                   .series = {"with", "without"},
                   .groups = {{.name = "info", .bars = {{1, 0.9, 1.1}, {2, -infinity, infinity}}},
                              {.name = "buy", .bars = {{0, 0, 0}, {4, -9, 17}}}}});
  EXPECT_EQ(parse(svg).get<std::string>("title"), "Bars");
  EXPECT_EQ(count(svg, "<rect class=\"bar"), 4U);
  EXPECT_EQ(count(svg, "class=\"whisker\""), 2U) << "unbounded and empty intervals have none";
  EXPECT_THAT(svg, HasSubstr("info, without: 2"));
}

}  // namespace
}  // namespace bazar::report
