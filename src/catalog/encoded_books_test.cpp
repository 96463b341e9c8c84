#include "catalog/encoded_books.hpp"

#include <gmock/gmock.h>

#include "catalog/wire.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::catalog {
namespace {

using ::testing::HasSubstr;

constexpr json::Format cents{.money_decimals = 2};

Book plain_book(std::int64_t id) {
  return {.id = BookId{id},
          .title = "Title",
          .topic = "new",
          .price = Money{2235},
          .currency = "USD",
          .quantity = 60,
          .version = 7,
          .authors = {},
          .isbn = {},
          .year = {},
          .language = {},
          .description = {}};
}

Book whole_book(std::int64_t id) {
  Book book = plain_book(id);
  book.title = "\"\xc3\x89t\xc3\xa9\" \\ \xf0\x9f\x98\x80 \xc2\xa9";
  book.price = Money{5};
  book.quantity = 0;
  book.authors = {"Hiba", "", "A \"B\" C"};
  book.isbn = "9780306406157";
  book.year = -350;
  book.language = "pt-BR";
  book.description = std::string(5'000, 'd') + " \xe2\x82\xac";
  return book;
}

std::string batch_text(const std::vector<Book>& books, const std::vector<BookId>& missing,
                       const json::Format& format = cents) {
  return json::encode(wire::BookBatch{books, missing}, format);
}

/// Whatever the form, the books are what json::encode makes of them.
void expect_books(const EncodedBatch& batch, const std::vector<Book>& books, const json::Format& format) {
  ASSERT_EQ(batch.books.size(), books.size());
  for (std::size_t i = 0; i < books.size(); ++i) {
    EXPECT_EQ(batch.books[i].id, books[i].id);
    EXPECT_EQ(batch.books[i].version, books[i].version);
    EXPECT_EQ(batch.books[i].format.money_decimals, format.money_decimals);
    EXPECT_EQ(batch.books[i].json, json::encode(books[i], format));
  }
}

TEST(EncodedBooks, are_pieces_of_what_a_catalog_wrote) {
  const std::vector books{plain_book(2), whole_book(BookId::max), plain_book(3)};
  const auto batch = read_batch(batch_text(books, {BookId{9}, BookId{10}}), cents);
  ASSERT_TRUE(batch);
  expect_books(*batch, books, cents);
  EXPECT_EQ(batch->missing, (std::vector{BookId{9}, BookId{10}}));
  ASSERT_EQ(batch->texts.size(), 1U) << "nothing was written anew";
  const auto none = read_batch(batch_text({}, {}), cents);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->books.empty() && none->missing.empty());
}

TEST(EncodedBooks, stay_where_they_are_when_the_batch_moves) {
  auto batch = read_batch(batch_text({plain_book(2)}, {}), cents);
  ASSERT_TRUE(batch);
  const EncodedBatch moved = *std::move(batch);
  expect_books(moved, {plain_book(2)}, cents);
}

TEST(EncodedBooks, make_a_batch_as_its_books_would) {
  const std::vector books{whole_book(2), plain_book(BookId::max), plain_book(3)};
  for (const std::size_t count : {0, 1, 3}) {
    const std::vector some(books.begin(), books.begin() + static_cast<std::ptrdiff_t>(count));
    for (const auto& missing : {std::vector<BookId>{}, {BookId{9}, BookId{10}}}) {
      EncodedBatch batch;
      for (const Book& book : some) append(batch, book, cents);
      batch.missing = missing;
      expect_books(batch, some, cents);
      EXPECT_EQ(write_batch(batch), batch_text(some, missing));
    }
  }
}

TEST(EncodedBooks, know_strings_as_they_are_encoded) {
  for (const auto& strings :
       std::vector<std::vector<std::string>>{{}, {""}, {"A"}, {"A", R"(B "C" \)"}, {"\xc3\x89t\xc3\xa9"}})
    EXPECT_TRUE(is_encoded_strings(json::encode(strings)));
  for (const auto* text : {"", "[", "[]]", "[] ", "[ ]", "[\"A\", \"B\"]", "[\"A\",]", "[1]", "\"A\"",
                           "[\"A]", R"(["\u0041"])", "[\"\xff\"]"})
    EXPECT_FALSE(is_encoded_strings(text)) << text;
}

TEST(EncodedBooks, have_the_decimals_of_their_currency) {
  for (const auto& [code, decimals] : {std::pair("JPY", 0U), std::pair("KWD", 3U), std::pair("XXX", 2U)}) {
    Book book = plain_book(2);
    book.currency = code;
    const json::Format format{.money_decimals = decimals};
    const auto batch = read_batch(batch_text({book}, {}, format), format);
    ASSERT_TRUE(batch) << code;
    expect_books(*batch, {book}, format);
  }
  Book yen = plain_book(2);
  yen.currency = "JPY";
  const auto other = read_batch(batch_text({yen}, {}, cents), cents);
  ASSERT_TRUE(other) << "an amount in cents, of a currency that has none";
  expect_books(*other, {yen}, format_of("JPY"));
}

TEST(EncodedBooks, of_another_form_are_written_anew) {
  const std::string book = json::encode(plain_book(2), cents);
  for (const auto& [was, is] : std::vector<std::pair<std::string, std::string>>{
           {"{\"id\":2,", "{ \"id\":2,"},
           {"\"id\":2,\"title\":\"Title\"", "\"title\":\"Title\",\"id\":2"},
           {"22.35", "2.235e1"},
           {"22.35", "22.350"},
           {"Title", "\\u0054itle"},
           {"\"topic\":\"new\"", "\"topic\":\"n\\u0065w\""}}) {
    std::string text = book;
    text.replace(text.find(was), was.size(), is);
    const auto batch = read_batch(R"({"books":[)" + text + R"(],"missing":[]})", cents);
    ASSERT_TRUE(batch) << text;
    expect_books(*batch, {plain_book(2)}, cents);
  }
}

TEST(EncodedBooks, are_refused_for_what_json_decode_refuses) {
  const std::string book = json::encode(plain_book(2), cents);
  for (const auto& [was, is] : std::vector<std::pair<std::string, std::string>>{
           {"\"id\":2", "\"id\":0"},
           {"\"id\":2", "\"id\":02"},
           {"\"id\":2", "\"id\":9007199254740992"},
           {"22.35", "22.355"},
           {"22.35", "-22.35"},
           {"22.35", "10000000000.01"},
           {"\"version\":7", "\"version\":7.5"},
           {"\"quantity\":60,", ""},
           {"Title", "Ti\ttle"},
           {"Title", "Ti\xfftle"},
           {"Title", "Ti\xc2\x85tle"},
           {"Title", "Ti\x7ftle"},
           {"\"version\":7", "\"version\":7,\"year\":-0.5"},
           {"\"version\":7", "\"version\":7,\"publisher\":\"x\""},
           {"\"version\":7", "\"version\":7,\"version\":7"}}) {
    std::string text = book;
    text.replace(text.find(was), was.size(), is);
    text = R"({"books":[)" + text + R"(],"missing":[]})";
    const auto decoded = json::decode<wire::BookBatch>(text, cents);
    const auto batch = read_batch(text, cents);
    EXPECT_FALSE(decoded) << text;
    EXPECT_FALSE(batch) << text;
  }
  const std::string whole = batch_text({whole_book(2)}, {BookId{3}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_batch(whole.substr(0, size), cents)) << size;
  EXPECT_FALSE(read_batch(whole + " x", cents));
}

}  // namespace
}  // namespace bazar::catalog
