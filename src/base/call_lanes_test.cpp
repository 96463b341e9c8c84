#include "base/call_lanes.hpp"

#include <gtest/gtest.h>

namespace bazar {
namespace {

TEST(CallLanes, the_first_call_goes_at_once_and_nothing_goes_without_requests) {
  const CallLanes lanes;
  EXPECT_TRUE(lanes.may_begin(1, 1));
  EXPECT_FALSE(lanes.may_begin(0, 1));
  EXPECT_FALSE(lanes.may_begin(0, 1, true));
}

TEST(CallLanes, another_goes_beside_it_when_it_is_no_smaller) {
  CallLanes lanes;
  lanes.began(10);
  EXPECT_FALSE(lanes.may_begin(9, 3));
  EXPECT_TRUE(lanes.may_begin(10, 3));
  lanes.began(20);
  EXPECT_FALSE(lanes.may_begin(9, 3));
  EXPECT_TRUE(lanes.may_begin(10, 3)) << "as the smallest of them";
  lanes.ended(10);
  EXPECT_FALSE(lanes.may_begin(19, 3));
  lanes.ended(20);
  EXPECT_TRUE(lanes.may_begin(1, 3));
}

TEST(CallLanes, no_more_go_than_there_are_lanes) {
  CallLanes lanes;
  lanes.began(1);
  lanes.began(1);
  EXPECT_EQ(lanes.under_way(), 2U);
  EXPECT_FALSE(lanes.may_begin(100, 2));
  EXPECT_FALSE(lanes.may_begin(100, 2, true));
}

TEST(CallLanes, what_was_held_long_enough_goes_however_small) {
  CallLanes lanes;
  lanes.began(100);
  EXPECT_FALSE(lanes.may_begin(1, 2));
  EXPECT_TRUE(lanes.may_begin(1, 2, true));
}

}  // namespace
}  // namespace bazar
