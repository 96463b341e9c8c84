#include "base/money.hpp"

#include <gtest/gtest.h>

namespace bazar {
namespace {

TEST(Money, is_written_with_every_decimal) {
  EXPECT_EQ(to_string(Money{2235}), "22.35");
  EXPECT_EQ(to_string(Money{5}), "0.05");
  EXPECT_EQ(to_string(Money{0}), "0.00");
  EXPECT_EQ(to_string(Money{700}, 0), "700");
  EXPECT_EQ(to_string(Money{1}, 3), "0.001");
}

TEST(Money, reads_at_most_the_decimals_of_its_currency) {
  EXPECT_EQ(parse_money("22.35"), Money{2235});
  EXPECT_EQ(parse_money("22"), Money{2200});
  EXPECT_EQ(parse_money("22.3"), Money{2230});
  EXPECT_EQ(parse_money("22.3500"), Money{2235});
  EXPECT_EQ(parse_money("10000000000"), Money{Money::max});
  for (const char* bad :
       {"", "22.355", "-1", "1e3", ".5", "5.", "1.2.3", "10000000000.01", "NaN", "99999999999999999999999"}) {
    EXPECT_EQ(parse_money(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_money("22.35", 0), std::nullopt);
}

TEST(Money, reads_a_sum_up_to_its_own_bound_without_overflow) {
  const auto sum = [](const char* text, unsigned decimals) {
    return parse_money(text, decimals, MoneySum::max);
  };
  EXPECT_EQ(sum("10000000000.01", 2), Money{Money::max + 1});
  EXPECT_EQ(sum("100000000000000000", 0), Money{MoneySum::max});
  EXPECT_EQ(sum("100000000000000001", 0), std::nullopt);
  EXPECT_EQ(sum("100000000000000000", 3), std::nullopt);
}

TEST(Currency, knows_its_decimals) {
  EXPECT_EQ(find_currency("JPY")->decimals, 0U);
  EXPECT_EQ(find_currency("KWD")->decimals, 3U);
  EXPECT_FALSE(find_currency("usd"));
}

}  // namespace
}  // namespace bazar
