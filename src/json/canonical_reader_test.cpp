#include "json/canonical_reader.hpp"

#include <gtest/gtest.h>

#include <random>

#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::json::detail {
namespace {

struct Line {
  BookId book_id;
  std::int16_t quantity = 1;
  friend bool operator==(const Line&, const Line&) = default;
};
BOOST_DESCRIBE_STRUCT(Line, (), (book_id, quantity))

struct Optionals {
  std::optional<int> first;
  std::optional<int> second;
  friend bool operator==(const Optionals&, const Optionals&) = default;
};
BOOST_DESCRIBE_STRUCT(Optionals, (), (first, second))

struct Everything {
  std::string name;
  Money price;
  MoneySum total;
  bool flag = false;
  std::vector<Line> lines;
  std::optional<std::vector<std::string>> authors;
  OrderId order_id;
  WallTime at{};
  std::uint64_t big = 0;
  std::int64_t least = 0;
  OrNull<std::uint64_t> next;
  Optionals optionals;
  friend bool operator==(const Everything&, const Everything&) = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (name, price, total, flag, lines, authors, order_id, at, big, least, next, optionals))

Everything example() {
  return {.name = "Hibá \"x\" \\ 😀",
          .price = {2235},
          .total = Money{6705},
          .flag = true,
          .lines = {{BookId{2}, 3}, {BookId{BookId::max}, -1}},
          .authors = {{"Ada", ""}},
          .order_id = parse_order_id("0190a5b4-7f3e-7000-8000-0123456789ab").value(),
          .at = parse_rfc3339("2026-01-31T09:30:00.123Z").value(),
          .big = std::numeric_limits<std::uint64_t>::max(),
          .least = std::numeric_limits<std::int64_t>::min(),
          .next = {7},
          .optionals = {.first = {}, .second = 0}};
}

template <class T>
std::optional<T> read(std::string_view text) {
  T value{};
  if (!CanonicalReader(text, {}).read_all(value)) return std::nullopt;
  return value;
}

TEST(JsonCanonicalReader, reads_whatever_the_encoder_writes) {
  EXPECT_EQ(read<Everything>(encode(example())), example());
  Everything bare;
  bare.lines = {{BookId{1}, 1}};
  EXPECT_EQ(read<Everything>(encode(bare)), bare);
  for (const Optionals& value : {Optionals{}, Optionals{1, {}}, Optionals{{}, 2}, Optionals{1, 2}}) {
    EXPECT_EQ(read<Optionals>(encode(value)), value);
  }
}

TEST(JsonCanonicalReader, reads_strings_of_every_length_with_what_is_special_at_every_place) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string plain(length, 'x');
    EXPECT_EQ(read<std::string>(encode(plain)), plain);
    for (std::size_t place = 0; place < length; ++place) {
      for (const std::string_view special : {"\"", "\\", "é", "~", " ", "\xEF\xBF\xBD"}) {
        std::string text = plain;
        text.replace(place, 1, special);
        EXPECT_EQ(read<std::string>(encode(text)), text);
      }
      for (const std::string_view control : {"\x7f", "\x01", "\x1f", "\xc2\x80", "\xff", "\x80"}) {
        std::string text = plain;
        text.replace(place, 1, control);
        EXPECT_FALSE(read<std::string>('"' + text + '"'));
      }
    }
  }
}

TEST(JsonCanonicalReader, leaves_other_forms_to_the_general_reader) {
  for (const char* other : {R"({"quantity":1,"book_id":2})", R"( {"book_id":2,"quantity":1})",
                            R"({"book_id":2,"quantity":1} )", R"({"book_id": 2,"quantity":1})"}) {
    EXPECT_FALSE(read<Line>(other)) << other;
    EXPECT_EQ(decode<Line>(other), (Line{BookId{2}, 1})) << other;
  }
  EXPECT_FALSE(read<std::string>(R"("\u0041")"));
  EXPECT_EQ(decode<std::string>(R"("\u0041")"), "A");
  EXPECT_FALSE(read<Money>("2.235E1"));
  EXPECT_EQ(decode<Money>("2.235E1"), Money{2235});
}

TEST(JsonCanonicalReader, takes_nothing_that_the_general_reader_refuses_or_reads_otherwise) {
  constexpr std::string_view pieces = R"("\{}[],:.-+eE0123456789 aux~)"
                                      "\x01\x1f\x7f\x80\xc2\xa0\xed\xff";
  std::mt19937 random(20'261'121);  // NOLINT(cert-msc51-cpp): the same texts each time
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  const std::string original = encode(example());
  unsigned taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = original;
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      const std::size_t place = below(text.size());
      const char piece = pieces[below(pieces.size())];
      switch (below(4)) {
        case 0:
          text[place] = piece;
          break;
        case 1:
          text.insert(place, 1, piece);
          break;
        case 2:
          text.erase(place, 1 + below(3));
          break;
        default:
          text.insert(place, text.substr(below(text.size()), below(30)));
          break;
      }
    }
    const auto value = read<Everything>(text);
    if (!value) continue;
    ++taken;
    const auto expected = decode_any_form<Everything>(text, {});
    ASSERT_TRUE(expected) << text;
    ASSERT_EQ(*value, *expected) << text;
  }
  EXPECT_GT(taken, 1'000U);
}

}  // namespace
}  // namespace bazar::json::detail
