#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace bazar {
namespace {

TEST(Clock, writes_rfc_3339) {
  EXPECT_EQ(to_rfc3339(WallTime{milliseconds{0}}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(WallTime{milliseconds{1'700'000'000'007}}), "2023-11-14T22:13:20.007Z");
}

}  // namespace
}  // namespace bazar
