#include "observe/trace.hpp"

#include <gtest/gtest.h>

namespace bazar::observe {
namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string parent = "00f067aa0ba902b7";

TEST(Trace, reads_the_standards_own_example) {
  const auto context = parse_traceparent("00-" + trace + "-" + parent + "-01");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->id(), trace);
  EXPECT_EQ(context->parent, 0x00f067aa0ba902b7);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(to_traceparent(*context), "00-" + trace + "-" + parent + "-01");
}

TEST(Trace, looks_only_at_the_sampled_bit_of_the_flags) {
  EXPECT_FALSE(parse_traceparent("00-" + trace + "-" + parent + "-fe")->sampled);
  EXPECT_TRUE(parse_traceparent("00-" + trace + "-" + parent + "-0b")->sampled);
}

TEST(Trace, takes_later_versions_with_fields_that_it_does_not_know) {
  EXPECT_TRUE(parse_traceparent("cc-" + trace + "-" + parent + "-01"));
  EXPECT_TRUE(parse_traceparent("cc-" + trace + "-" + parent + "-01-what-next"));
  EXPECT_FALSE(parse_traceparent("cc-" + trace + "-" + parent + "-01.what"));
}

TEST(Trace, refuses_malformed_headers) {
  const std::string zeros(32, '0');
  for (const std::string& bad :
       {std::string(), std::string("00"), "00-" + trace + "-" + parent,
        "00-" + trace + "-" + parent + "-01-x", "00-" + trace + "-" + parent + "-0g",
        "ff-" + trace + "-" + parent + "-01", "00-" + zeros + "-" + parent + "-01",
        "00-" + trace + "-" + zeros.substr(0, 16) + "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + parent + "-01", "00_" + trace + "-" + parent + "-01",
        "0-0" + trace + "-" + parent + "-01"}) {
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
  }
}

TEST(Trace, makes_new_ids_that_can_be_read_back) {
  const TraceContext first = new_trace();
  const TraceContext second = new_trace();
  EXPECT_NE(first.id(), second.id());
  EXPECT_EQ(parse_traceparent(to_traceparent(first)), first);
}

TEST(Trace, gives_a_child_the_same_trace_and_another_parent) {
  TraceContext context = new_trace();
  context.sampled = true;
  const TraceContext child = child_of(context);
  EXPECT_EQ(child.id(), context.id());
  EXPECT_NE(child.parent, context.parent);
  EXPECT_TRUE(child.sampled);
}

}  // namespace
}  // namespace bazar::observe
