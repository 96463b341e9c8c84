#include "cli/transfer/book_row.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"

namespace bazar::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

BookFields sound_fields() {
  BookFields fields;
  fields.title = "RPCs for Noobs";
  fields.topic = "distributed systems";
  fields.price = "22.35";
  fields.quantity = "60";
  return fields;
}

std::expected<BookRow, std::string> made(const BookFields& fields, const RowDefaults& defaults = {}) {
  return make_row(fields, defaults, Currency{});
}

std::string reason(const BookFields& fields) {
  const auto row = made(fields);
  return row ? "accepted" : row.error();
}

catalog::BookDraft draft(std::vector<std::string> authors, std::optional<int> year) {
  catalog::BookDraft book;
  book.title = "T";
  book.authors = std::move(authors);
  book.year = year;
  return book;
}

TEST(BookRow, is_made_of_the_values_of_its_fields) {
  auto fields = sound_fields();
  fields.authors = {"Ana", "Bilal"};
  fields.isbn = "306406152";
  fields.year = "2008.0";
  fields.language = "en-US";
  fields.description = "A tale of\ntwo stubs";
  const auto row = made(fields);
  ASSERT_TRUE(row) << row.error();
  EXPECT_EQ(row->warnings, 0U);
  const auto& book = row->row.book;
  EXPECT_EQ(book.title, "RPCs for Noobs");
  EXPECT_EQ(book.price, Money{2'235});
  EXPECT_EQ(book.quantity, 60);
  EXPECT_EQ(book.isbn, "9780306406157");
  EXPECT_EQ(book.year, 2008);
  EXPECT_EQ(book.description, "A tale of two stubs");
  EXPECT_EQ(row->row.key, "isbn:9780306406157");
}

TEST(BookRow, without_title_topic_or_price_is_refused) {
  for (auto member : {&BookFields::title, &BookFields::topic, &BookFields::price}) {
    auto fields = sound_fields();
    (fields.*member).reset();
    EXPECT_THAT(reason(fields), StartsWith("has no "));
    fields.*member = " \t";
    EXPECT_THAT(reason(fields), StartsWith("has no "));
  }
}

TEST(BookRow, takes_what_it_lacks_from_the_defaults_and_only_that) {
  const RowDefaults defaults{.topic = "general", .price = "9.99", .quantity = "100"};
  BookFields fields;
  fields.title = "T";
  fields.topic = "";
  const auto filled = made(fields, defaults);
  ASSERT_TRUE(filled) << filled.error();
  EXPECT_EQ(filled->row.book.topic, "general");
  EXPECT_EQ(filled->row.book.price, Money{999});
  EXPECT_EQ(filled->row.book.quantity, 100);
  EXPECT_EQ(made(sound_fields(), defaults)->row.book.topic, "distributed systems");
}

TEST(BookRow, prices_are_exact_or_refused) {
  auto fields = sound_fields();
  for (const auto* bad : {"22.355", "-1", "free", "1e3", "22,35", "99999999999999", "$5", ""}) {
    fields.price = bad;
    EXPECT_FALSE(made(fields)) << bad;
  }
  fields.price = " 22.350 ";
  EXPECT_EQ(made(fields)->row.book.price, Money{2'235});
  EXPECT_EQ(make_row(fields, {}, Currency{"KWD", 3})->row.book.price, Money{22'350});
}

TEST(BookRow, stock_and_id_are_whole_numbers_within_their_bounds) {
  auto fields = sound_fields();
  for (const auto* bad : {"many", "1.5", "-1", "1000000001"}) {
    fields.quantity = bad;
    EXPECT_THAT(reason(fields), HasSubstr("quantity")) << bad;
  }
  fields.quantity = "3.0";
  EXPECT_EQ(made(fields)->row.book.quantity, 3);
  for (const auto* bad : {"0", "-5", "B7", "9007199254740992"}) {
    fields.id = bad;
    EXPECT_THAT(reason(fields), HasSubstr("id")) << bad;
  }
}

TEST(BookRow, unusable_extras_are_left_out_and_counted) {
  auto fields = sound_fields();
  fields.isbn = "9.78043902348e+12";
  fields.year = "long ago";
  fields.language = "en_US!";
  const auto row = made(fields);
  ASSERT_TRUE(row) << row.error();
  EXPECT_EQ(row->warnings, 3U);
  EXPECT_FALSE(row->row.book.isbn || row->row.book.year || row->row.book.language);
}

TEST(BookRow, empty_extras_are_no_warning) {
  auto fields = sound_fields();
  fields.isbn = "";
  fields.year = " ";
  fields.language = "";
  EXPECT_EQ(made(fields)->warnings, 0U);
}

TEST(BookRow, texts_beyond_their_limits_are_refused_by_name) {
  auto fields = sound_fields();
  fields.title = std::string(513, 'x');
  EXPECT_THAT(reason(fields), HasSubstr("title"));
  fields = sound_fields();
  fields.topic = "caf\xE9";
  EXPECT_THAT(reason(fields), HasSubstr("topic"));
  fields = sound_fields();
  fields.title = std::string("bell\x07", 5);
  EXPECT_THAT(reason(fields), HasSubstr("control"));
  fields = sound_fields();
  fields.currency = "EUR";
  EXPECT_THAT(reason(fields), HasSubstr("currency"));
}

TEST(BookRow, years_may_be_before_the_common_era_and_floats) {
  EXPECT_EQ(parse_year("-750.0"), -750);
  EXPECT_EQ(parse_year(" 1999 "), 1999);
  EXPECT_EQ(parse_year("19999"), std::nullopt);
  EXPECT_EQ(parse_year("1999.5"), std::nullopt);
  EXPECT_EQ(parse_year(".0"), std::nullopt);
}

TEST(BookRow, authors_are_split_at_commas) {
  EXPECT_THAT(split_authors("J.K. Rowling, Mary GrandPré"), ElementsAre("J.K. Rowling", "Mary GrandPré"));
  EXPECT_THAT(split_authors(" , ,"), IsEmpty());
}

TEST(BookRow, is_known_by_isbn_else_id_else_what_its_file_calls_it_else_a_digest) {
  auto book = draft({"A", "B"}, 1999);
  EXPECT_EQ(row_key(book, ""), "row:" + sha256_hex("T\nA\nB\n\n1999"));
  EXPECT_EQ(row_key(book, "/books/OL1M"), "id:/books/OL1M");
  book.id = BookId{7};
  EXPECT_EQ(row_key(book, "/books/OL1M"), "id:7");
  book.isbn = "9780306406157";
  EXPECT_EQ(row_key(book, "/books/OL1M"), "isbn:9780306406157");
}

TEST(BookRow, keys_differ_where_title_authors_or_year_do_and_only_there) {
  const auto book = draft({"A", "B"}, 1999);
  auto other = book;
  other.topic = "b";
  other.price = Money{5};
  EXPECT_EQ(row_key(book, ""), row_key(other, ""));
  for (const auto& authors : {std::vector<std::string>{"A"}, {"A\tB"}, {"B", "A"}, {}}) {
    other = book;
    other.authors = authors;
    EXPECT_NE(row_key(book, ""), row_key(other, ""));
  }
  other = book;
  other.year.reset();
  EXPECT_NE(row_key(book, ""), row_key(other, ""));
}

TEST(BookRow, a_key_of_a_file_that_no_header_could_carry_is_not_used) {
  const auto book = draft({}, {});
  EXPECT_THAT(row_key(book, std::string(300, 'k')), StartsWith("row:"));
  EXPECT_THAT(row_key(book, "é"), StartsWith("row:"));
}

}  // namespace
}  // namespace bazar::cli
