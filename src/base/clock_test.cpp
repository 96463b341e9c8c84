#include "base/clock.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace bazar {
namespace {

TEST(Clock, writes_rfc_3339) {
  EXPECT_EQ(to_rfc3339(WallTime{milliseconds{0}}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(WallTime{milliseconds{1'700'000'000'007}}), "2023-11-14T22:13:20.007Z");
}

TEST(Clock, reads_back_what_it_writes) {
  for (const std::int64_t ms : {0LL, 999LL, 1'700'000'000'007LL, -1LL, 253'402'300'799'999LL}) {
    EXPECT_EQ(parse_rfc3339(to_rfc3339(WallTime{milliseconds{ms}})), WallTime{milliseconds{ms}}) << ms;
  }
}

TEST(Clock, reads_any_number_of_decimals_up_to_nanoseconds) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01Z"), WallTime{milliseconds{1000}});
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.5Z"), WallTime{milliseconds{1500}});
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.123999999Z"), WallTime{milliseconds{1123}});
  EXPECT_TRUE(parse_rfc3339("2024-02-29T23:59:59Z"));
}

TEST(Clock, refuses_what_is_no_time_in_utc) {
  for (const char* bad :
       {"", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:00+00:00", "2023-02-29T00:00:00Z",
        "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-01-32T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.1234567890Z", "1970-01-01 00:00:00Z", "1970-01-01T00:00:00Zx",
        "-970-01-01T00:00:00Z", "1970-01-01T0a:00:00Z"}) {
    EXPECT_EQ(parse_rfc3339(bad), std::nullopt) << bad;
  }
}

std::chrono::nanoseconds boot_time() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Where the machine has never been suspended, both clocks may show the same: only the bounds are tested then.
TEST(Clock, leases_are_counted_by_the_time_since_boot_which_runs_on_while_suspended) {
  const auto before = boot_time();
  const auto read = LeaseClock().now().time_since_epoch();
  EXPECT_GE(read, before);
  EXPECT_LE(read, boot_time());
}

}  // namespace
}  // namespace bazar
