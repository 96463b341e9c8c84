#include "base/ids.hpp"

#include <gtest/gtest.h>

namespace bazar {
namespace {

TEST(BookId, reads_positive_decimal_digits_only) {
  EXPECT_EQ(parse_book_id("1"), BookId{1});
  EXPECT_EQ(parse_book_id("9007199254740991"), BookId{BookId::max});
  for (const char* bad : {"", "0", "01", "-1", "+1", "1.0", "1e3", " 1", "1 ", "9007199254740992",
                          "99999999999999999999", "abc"}) {
    EXPECT_EQ(parse_book_id(bad), std::nullopt) << bad;
  }
}

TEST(OrderId, text_round_trips) {
  const SystemClock clock;
  OrderIdGenerator generator(clock);
  const OrderId id = generator.next();
  EXPECT_EQ(parse_order_id(to_string(id)), id);
  EXPECT_EQ(to_string(id)[14], '7');
  EXPECT_EQ(parse_order_id("nonsense"), std::nullopt);
  EXPECT_EQ(parse_order_id("0190163d-8694-739b-aea5-966c26f8ad9g"), std::nullopt);
}

TEST(OrderId, rises_within_and_across_milliseconds_and_when_the_clock_goes_back) {
  ManualClock clock;
  OrderIdGenerator generator(clock);
  OrderId last = generator.next();
  for (int i = 0; i < 20'000; ++i) {
    if (i % 5000 == 4999) clock.advance(milliseconds{i % 2 == 0 ? 1 : -3});
    const OrderId next = generator.next();
    ASSERT_LT(last, next);
    last = next;
  }
}

}  // namespace
}  // namespace bazar
