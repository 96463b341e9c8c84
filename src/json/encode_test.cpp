#include "json/encode.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace bazar::json {
namespace {

struct Line {
  BookId book_id;
  int quantity = 1;
};
BOOST_DESCRIBE_STRUCT(Line, (), (book_id, quantity))

struct Everything {
  bool flag = true;
  std::int64_t big = std::numeric_limits<std::int64_t>::min();
  std::uint64_t bigger = std::numeric_limits<std::uint64_t>::max();
  std::string text = "a\"b";
  std::string_view view = "c";
  Money price{2235};
  OrderId order_id;
  WallTime at{};
  std::vector<Line> lines;
  std::optional<std::string> missing;
  std::optional<int> year;
  OrNull<std::string> next;
  Raw raw{"[1]"};
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (flag, big, bigger, text, view, price, order_id, at, lines, missing, year, next, raw))

TEST(JsonEncode, writes_every_kind_of_member_in_the_order_of_the_description) {
  Everything value;
  value.lines = {{BookId{2}, 3}, {BookId{BookId::max}, -1}};
  value.year = -44;
  EXPECT_EQ(
      encode(value),
      R"({"flag":true,"big":-9223372036854775808,"bigger":18446744073709551615,"text":"a\"b","view":"c",)"
      R"("price":22.35,"order_id":"00000000-0000-0000-0000-000000000000","at":"1970-01-01T00:00:00.000Z",)"
      R"("lines":[{"book_id":2,"quantity":3},{"book_id":9007199254740991,"quantity":-1}],)"
      R"("year":-44,"next":null,"raw":[1]})");
}

struct Optionals {
  std::optional<int> first;
  std::optional<int> second;
};
BOOST_DESCRIBE_STRUCT(Optionals, (), (first, second))

TEST(JsonEncode, leaves_no_stray_comma_where_members_are_left_out) {
  EXPECT_EQ(encode(Optionals{}), "{}");
  EXPECT_EQ(encode(Optionals{1, {}}), R"({"first":1})");
  EXPECT_EQ(encode(Optionals{{}, 2}), R"({"second":2})");
  EXPECT_EQ(encode(Optionals{1, 2}), R"({"first":1,"second":2})");
  EXPECT_EQ(encode(std::vector<int>{}), "[]");
}

TEST(JsonEncode, escapes_strings_so_that_a_parser_reads_them_back) {
  std::string text;
  for (int byte = 0; byte < 0x80; ++byte) text += static_cast<char>(byte);
  text += "é – 😀";
  EXPECT_EQ(boost::json::parse(encode(text)).as_string(), text);
  EXPECT_EQ(encode(std::string("\n\x01\x1f\\")), R"("\n\u0001\u001f\\")");
}

TEST(JsonEncode, writes_money_with_the_decimals_of_the_currency) {
  EXPECT_EQ(encode(Money{700}, {.money_decimals = 0}), "700");
  EXPECT_EQ(encode(Money{5}, {.money_decimals = 3}), "0.005");
  EXPECT_EQ(encode(Money{Money::max}), "10000000000.00");
}

TEST(JsonEncode, appends_to_what_is_there) {
  std::string out = "x=";
  encode(out, true);
  EXPECT_EQ(out, "x=true");
}

struct Base {
  int id = 1;
};
BOOST_DESCRIBE_STRUCT(Base, (), (id))
struct Derived : Base {
  int more = 2;
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (more))

TEST(JsonEncode, writes_inherited_members_too) { EXPECT_EQ(encode(Derived{}), R"({"id":1,"more":2})"); }

}  // namespace
}  // namespace bazar::json
