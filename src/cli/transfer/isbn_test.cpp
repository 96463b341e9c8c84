#include "cli/transfer/isbn.hpp"

#include <gtest/gtest.h>

namespace bazar::cli {
namespace {

TEST(Isbn, thirteen_digits_with_a_right_check_digit_stay_as_they_are) {
  EXPECT_EQ(to_isbn13("9780306406157"), "9780306406157");
  EXPECT_EQ(to_isbn13("978-0-306-40615-7"), "9780306406157");
  EXPECT_EQ(to_isbn13("979 8602477030"), "9798602477030");
}

TEST(Isbn, ten_digits_are_converted) {
  EXPECT_EQ(to_isbn13("0306406152"), "9780306406157");
  EXPECT_EQ(to_isbn13("0-8044-2957-X"), "9780804429573");
  EXPECT_EQ(to_isbn13("080442957x"), "9780804429573");
}

TEST(Isbn, leading_zeros_that_a_spreadsheet_dropped_come_back) {
  EXPECT_EQ(to_isbn13("306406152"), "9780306406157");
  EXPECT_EQ(to_isbn13("439023483"), "9780439023481");
  EXPECT_EQ(to_isbn13("439023483.0"), "9780439023481");
  EXPECT_EQ(to_isbn13("2005018"), to_isbn13("0002005018"));
}

TEST(Isbn, a_wrong_check_digit_is_no_isbn) {
  EXPECT_EQ(to_isbn13("9780306406158"), std::nullopt);
  EXPECT_EQ(to_isbn13("0306406153"), std::nullopt);
  EXPECT_EQ(to_isbn13("439023484"), std::nullopt);
}

TEST(Isbn, lost_digits_cannot_be_guessed) {
  EXPECT_EQ(to_isbn13("9.78043902348e+12"), std::nullopt);
  EXPECT_EQ(to_isbn13("9.78043902348E+12"), std::nullopt);
}

TEST(Isbn, short_numbers_are_not_filled_up_to_an_isbn) {
  EXPECT_EQ(to_isbn13(""), std::nullopt);
  EXPECT_EQ(to_isbn13("0"), std::nullopt);
  EXPECT_EQ(to_isbn13("00019"), std::nullopt) << "0000000019 would have a right check digit";
}

TEST(Isbn, letters_and_x_within_are_refused) {
  EXPECT_EQ(to_isbn13("03064O6152"), std::nullopt);
  EXPECT_EQ(to_isbn13("X306406152"), std::nullopt);
  EXPECT_EQ(to_isbn13("B000FC1PJI"), std::nullopt);
}

}  // namespace
}  // namespace bazar::cli
