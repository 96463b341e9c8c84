#include "observe/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bazar::observe {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

class Log : public testing::Test {
 protected:
  void SetUp() override { configure_log("frontend-1", "info"); }

  template <class Write>
  static std::string written(Write write) {
    testing::internal::CaptureStderr();
    write();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, writes_one_line_of_pairs) {
  EXPECT_THAT(
      written([] { log_info("replica ejected", {{"replica", "catalog-2"}, {"failures", 2}}); }),
      MatchesRegex("time=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z level=info "
                   "service=frontend-1 msg=\"replica ejected\" replica=catalog-2 failures=2\n"));
}

TEST_F(Log, cannot_be_made_to_write_a_forged_line) {
  const std::string line = written([] {
    log_warning("first\ntime=forged",
                {{"name", "x\" level=error\r\nsecond"}, {"other", "\u0085\u2028\x1b[31m\\"}});
  });
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_THAT(line, HasSubstr(R"(msg="first\x0atime=forged")"));
  EXPECT_THAT(line, HasSubstr(R"(name="x\" level=error\x0d\x0asecond")"));
  EXPECT_THAT(line, EndsWith("other=\"\\xc2\\x85\\xe2\\x80\\xa8\\x1b[31m\\\\\"\n"));
}

TEST_F(Log, quotes_what_a_reader_could_take_apart) {
  EXPECT_THAT(
      written([] { log_info("m", {{"a", ""}, {"b", "x y"}, {"c", "k=v"}, {"d", "é"}, {"e", "{}%v"}}); }),
      EndsWith("a=\"\" b=\"x y\" c=\"k=v\" d=\"é\" e=\"{}%v\"\n"));
}

TEST_F(Log, shows_bytes_that_are_not_utf_8) {
  EXPECT_THAT(written([] { log_info("m", {{"a", "\xff\xc3"}, {"b", "\xe2\x82"}, {"c", "\x80z"}}); }),
              EndsWith("a=\"\\xff\\xc3\" b=\"\\xe2\\x82\" c=\"\\x80z\"\n"));
}

TEST_F(Log, cuts_long_values) {
  const std::string line = written([] { log_info("m", {{"a", std::string(100'000, 'x')}}); });
  EXPECT_LT(line.size(), 2'300U);
  EXPECT_THAT(line, EndsWith("xxx…\"\n"));
}

TEST_F(Log, leaves_out_what_is_below_its_level) {
  EXPECT_EQ(written([] { log_debug("hidden"); }), "");
  configure_log("catalog", "debug");
  EXPECT_THAT(written([] { log_debug("shown"); }), HasSubstr("level=debug service=catalog msg=\"shown\"\n"));
  configure_log("catalog", "error");
  EXPECT_EQ(written([] { log_warning("hidden"); }), "");
  EXPECT_THAT(written([] { log_error("shown"); }), HasSubstr("level=error"));
}

TEST_F(Log, takes_a_service_name_that_looks_like_a_pattern) {
  configure_log("a%vb c", "info");
  EXPECT_THAT(written([] { log_info("m"); }), HasSubstr("service=\"a%vb c\" msg=\"m\""));
}

TEST_F(Log, refuses_a_level_that_it_does_not_know) {
  EXPECT_THROW(configure_log("catalog", "loud"), std::invalid_argument);
}

}  // namespace
}  // namespace bazar::observe
