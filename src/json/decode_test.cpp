#include "json/decode.hpp"

#include <gtest/gtest.h>

#include "json/encode.hpp"

namespace bazar::json {
namespace {

struct Line {
  BookId book_id;
  std::int64_t quantity = 1;
  friend bool operator==(const Line&, const Line&) = default;
};
BOOST_DESCRIBE_STRUCT(Line, (), (book_id, quantity))

struct Request {
  std::string name;
  std::vector<Line> lines;
  std::optional<std::string> note;
  friend bool operator==(const Request&, const Request&) = default;
};
BOOST_DESCRIBE_STRUCT(Request, (), (name, lines, note))

template <class T>
FieldError error_of(std::string_view text, Format format = {}) {
  const auto result = decode<T>(text, format);
  EXPECT_FALSE(result.has_value()) << text;
  return result ? FieldError{} : result.error();
}

TEST(JsonDecode, reads_a_nested_struct_whatever_the_order_of_its_members) {
  const auto request = decode<Request>(
      R"( { "lines" : [{"quantity":3,"book_id":2},{"book_id":7,"quantity":1}], "name":"Hib\u00e1\/" } )");
  ASSERT_TRUE(request) << request.error().field << request.error().detail;
  EXPECT_EQ(*request, (Request{"Hibá/", {{BookId{2}, 3}, {BookId{7}, 1}}, std::nullopt}));
}

TEST(JsonDecode, names_the_field_that_is_wrong) {
  EXPECT_EQ(
      error_of<Request>(R"({"name":"x","lines":[{"book_id":1,"quantity":1},{"book_id":1,"quantity":"1"}]})")
          .field,
      "lines[1].quantity");
  EXPECT_EQ(error_of<Request>(R"({"name":"x","lines":[{"book_id":1}]})"),
            (FieldError{"lines[0].quantity", "is missing"}));
  EXPECT_EQ(error_of<Request>(R"({"name":"x","lines":{}})"), (FieldError{"lines", "must be an array"}));
  EXPECT_EQ(error_of<Request>(R"({"name":"x","lines":[3]})"), (FieldError{"lines[0]", "must be an object"}));
  EXPECT_EQ(error_of<Request>("[]"), (FieldError{"", "must be an object"}));
  EXPECT_EQ(error_of<std::vector<int>>("[1,null]").field, "[1]");
}

TEST(JsonDecode, refuses_unknown_members_and_repeats_only_a_plain_name) {
  EXPECT_EQ(error_of<Line>(R"({"book_id":1,"quantity":1,"colour":1})").field, "colour");
  EXPECT_EQ(error_of<Line>(R"({"book_id":1,"quantity":1,"Quantity":1})").field, "Quantity");
  const FieldError error = error_of<Request>(R"({"name":"x","lines":[{"<script>":1}]})");
  EXPECT_EQ(error.field, "lines[0]");
  EXPECT_EQ(error.detail.find("script"), std::string::npos);
}

TEST(JsonDecode, refuses_repeated_members_also_when_one_is_spelt_with_escapes) {
  EXPECT_EQ(error_of<Line>(R"({"book_id":1,"quantity":1,"quantity":1})"),
            (FieldError{"quantity", "appears more than once"}));
  EXPECT_EQ(error_of<Line>(R"({"book_id":1,"quantity":1,"quantit\u0079":1})"),
            (FieldError{"quantity", "appears more than once"}));
}

TEST(JsonDecode, refuses_null_where_the_type_has_none) {
  EXPECT_EQ(error_of<Request>(R"({"name":"x","lines":[],"note":null})").field, "note");
  EXPECT_EQ(error_of<Request>(R"({"name":null,"lines":[]})").field, "name");
  EXPECT_EQ(error_of<Request>(R"({"name":"x","lines":null})").field, "lines");
}

TEST(JsonDecode, refuses_a_value_of_another_kind_for_every_type) {
  const auto refuses_all_but = [](auto type, std::string_view own) {
    using T = decltype(type);
    for (const std::string_view text : {"null", "true", "1", "\"x\"", "[1,2,3]", "[]", "{\"a\":1}", "{}"}) {
      if (text != own) EXPECT_FALSE(decode<T>(text)) << text;
    }
  };
  refuses_all_but(bool{}, "true");
  refuses_all_but(int{}, "1");
  refuses_all_but(std::uint64_t{}, "1");
  refuses_all_but(Money{}, "1");
  refuses_all_but(BookId{}, "1");
  refuses_all_but(std::string{}, "\"x\"");
  refuses_all_but(OrderId{}, "");
  refuses_all_but(WallTime{}, "");
  refuses_all_but(Line{}, "");
}

TEST(JsonDecode, refuses_whatever_is_not_exactly_one_strict_json_value) {
  for (const char* bad : {"",
                          " ",
                          "nul",
                          "truee",
                          "true true",
                          "true,",
                          "[1,]",
                          "[1 2]",
                          "{\"a\":1,}",
                          "/**/true",
                          "'a'",
                          "\"a",
                          "01",
                          "+1",
                          ".5",
                          "5.",
                          "1e",
                          "NaN",
                          "Infinity",
                          "\"\\x\"",
                          "\"\\u12\"",
                          "\"\\ud800\"",
                          "\"\\udc00\"",
                          "\"\xff\"",
                          "\"\xc0\x80\"",
                          "\"\xed\xa0\x80\"",
                          "\"\t\"",
                          "\xef\xbb\xbftrue",
                          "{true:1}",
                          "{\"a\"}",
                          "]"}) {
    const FieldError error = error_of<bool>(bad);
    EXPECT_EQ(error.field, "") << bad;
    EXPECT_NE(error.detail, "must be true or false") << bad;
  }
  EXPECT_FALSE(decode<bool>(std::string_view("true\0", 5)));
  EXPECT_TRUE(decode<bool>(" \r\n\ttrue \n").value());
}

TEST(JsonDecode, reads_sixteen_levels_and_refuses_the_seventeenth) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(detail::parse(nested(16)));
  const auto deeper = detail::parse(nested(17));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().detail, "is nested deeper than 16 levels");
  EXPECT_FALSE(detail::parse(std::string(1'000'000, '[')));
}

TEST(JsonDecode, holds_integers_to_the_range_of_their_type) {
  EXPECT_EQ(decode<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(decode<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(decode<std::int8_t>("-128"), std::int8_t{-128});
  EXPECT_EQ(decode<int>("-0"), 0);
  EXPECT_EQ(error_of<std::int8_t>("128").detail, "must be a whole number from -128 to 127");
  EXPECT_EQ(error_of<std::uint8_t>("-1").detail, "must be a whole number from 0 to 255");
  for (const char* bad : {"9223372036854775808", "-9223372036854775809", "1.0", "1e2", "1.5",
                          "99999999999999999999999", "\"1\"", "true", "null"}) {
    EXPECT_FALSE(decode<std::int64_t>(bad)) << bad;
  }
}

TEST(JsonDecode, reads_money_exactly) {
  EXPECT_EQ(decode<Money>("22.35"), Money{2235});
  EXPECT_EQ(decode<Money>("2.235E1"), Money{2235});
  EXPECT_EQ(decode<Money>("2235e-2"), Money{2235});
  EXPECT_EQ(decode<Money>("1e+10"), Money{Money::max});
  EXPECT_EQ(decode<Money>("0.00"), Money{0});
  EXPECT_EQ(decode<Money>("7"), Money{700});
  EXPECT_EQ(decode<Money>("9999999999.99"), Money{Money::max - 1});
  EXPECT_EQ(decode<MoneySum>("9999999999990.00"), Money{999'999'999'999'000});
  EXPECT_EQ(decode<MoneySum>("1000000000000000.00"), Money{MoneySum::max});
  EXPECT_FALSE(decode<MoneySum>("1000000000000000.01"));
  EXPECT_FALSE(decode<MoneySum>("1000000000000000", {.money_decimals = 3}));
  EXPECT_EQ(decode<Money>("1.005", {.money_decimals = 3}), Money{1005});
  EXPECT_EQ(decode<Money>("700", {.money_decimals = 0}), Money{700});
}

TEST(JsonDecode, never_rounds_an_amount) {
  // As doubles, the first two would be 22.35 and the third 10000000000.
  for (const char* bad : {"22.35000000000000000000001", "2.23500000000000000000001E1",
                          "10000000000.0000000000001", "22.355", "-1", "-0.01", "10000000000.01", "1e11",
                          "1e-3", "1e999", "1e-999", "1e99999999999999999999", "\"22.35\"", "null"}) {
    EXPECT_FALSE(decode<Money>(bad)) << bad;
  }
  EXPECT_FALSE(decode<Money>("1.5", {.money_decimals = 0}));
}

TEST(JsonDecode, refuses_control_characters_in_strings) {
  for (const char* bad :
       {R"("a\nb")", R"("\u0000")", R"("\u007f")", R"("\u0085")", "\"\xc2\x9f\"", "\"\x7f\""}) {
    EXPECT_EQ(error_of<std::string>(bad).detail, "must not contain control characters") << bad;
  }
  EXPECT_EQ(decode<std::string>(R"("\ud83d\ude00 é")"), "😀 é");
}

TEST(JsonDecode, reads_strings_longer_than_any_buffer_of_the_parser) {
  std::string text;
  std::string json = "\"";
  for (int i = 0; i < 10'000; ++i) {
    text += "ab\"";
    json += "ab\\\"";
  }
  EXPECT_EQ(decode<std::string>(json + "\""), text);
}

TEST(JsonDecode, reads_ids_and_times) {
  EXPECT_EQ(decode<BookId>("9007199254740991"), BookId{BookId::max});
  for (const char* bad : {"0", "-1", "9007199254740992", "1.5", "\"1\""}) {
    EXPECT_EQ(error_of<BookId>(bad).detail, "must be a whole number from 1 to 9007199254740991");
  }
  const std::string id = "0190a5b4-7f3e-7000-8000-0123456789ab";
  EXPECT_EQ(to_string(decode<OrderId>('"' + id + '"').value()), id);
  EXPECT_FALSE(decode<OrderId>("\"0190a5b4\""));
  EXPECT_FALSE(decode<OrderId>("12"));
  EXPECT_EQ(decode<WallTime>("\"1970-01-01T00:00:01.5Z\""), WallTime{milliseconds{1500}});
  EXPECT_FALSE(decode<WallTime>("\"yesterday\""));
}

struct BookPatch {
  std::optional<std::string> title;
  Patch<std::vector<std::string>> authors;
  Patch<int> year;
  OrNull<std::string> next;
};
BOOST_DESCRIBE_STRUCT(BookPatch, (), (title, authors, year, next))

TEST(JsonDecode, tells_absent_from_null_in_a_patch) {
  const auto patch = decode<BookPatch>(R"({"authors":null,"next":null})").value();
  EXPECT_TRUE(patch.authors.present);
  EXPECT_FALSE(patch.authors.value);
  EXPECT_FALSE(patch.year.present);
  EXPECT_FALSE(patch.title);
  EXPECT_FALSE(patch.next.value);
  const auto full = decode<BookPatch>(R"({"authors":["a"],"year":-44,"next":"n"})").value();
  EXPECT_EQ(full.authors.value, std::vector<std::string>{"a"});
  EXPECT_EQ(full.year.value, -44);
  EXPECT_EQ(full.next.value, "n");
  EXPECT_EQ(error_of<BookPatch>("{}"), (FieldError{"next", "is missing"}));
  EXPECT_EQ(error_of<BookPatch>(R"({"year":"x","next":null})").field, "year");
}

TEST(JsonDecode, reads_back_what_encode_writes) {
  const Request request{"Hibá \"x\" \\ 😀", {{BookId{2}, 3}}, "note"};
  EXPECT_EQ(decode<Request>(encode(request)), request);
}

}  // namespace
}  // namespace bazar::json
