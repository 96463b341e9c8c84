#include "catalog/sqlite/rows.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/errors.hpp"
#include "json/encode.hpp"

namespace bazar::catalog {
namespace {

class CatalogRows : public testing::Test {
 protected:
  /// Passes `use` a row of the view `shelf`.
  template <class Use>
  void with_row(const Book& book, const std::optional<std::string>& authors, Use use) {
    db::Query row = database_.query("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?", book.id.value, book.title,
                                    book.topic, book.price.minor, book.quantity, book.version, authors,
                                    book.isbn, book.year, book.language, book.description);
    ASSERT_TRUE(row.next());
    use(row);
  }

  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution(least, most)(random_);
  }
  std::string text() {
    static constexpr std::array<std::string_view, 8> pieces{
        "a", "\"", "\\", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "words and words", "/"};
    std::string text;
    for (auto left = number(0, 12); left > 0; --left)
      text += pieces[static_cast<std::size_t>(number(0, pieces.size() - 1))];
    return text;
  }
  Book book(const Currency& currency) {
    Book book{.id = BookId{number(1, BookId::max)},
              .title = text(),
              .topic = text(),
              .price = Money{number(0, number(0, 1) == 0 ? 20 : Money::max)},
              .currency = currency.code,
              .quantity = number(0, max_stock),
              .version = number(1, 1'000'000),
              .authors = {},
              .isbn = {},
              .year = {},
              .language = {},
              .description = {}};
    const auto sometimes = [this] { return number(0, 1) == 0; };
    if (sometimes()) {
      auto& authors = book.authors.emplace();
      for (auto left = number(0, 4); left > 0; --left) authors.push_back(text());
    }
    if (sometimes()) book.isbn = text();
    if (sometimes()) book.year = static_cast<int>(number(-9'999, 9'999));
    if (sometimes()) book.language = text();
    if (sometimes()) book.description = text();
    return book;
  }

  db::Database database_{{.path = ":memory:"}};
  std::mt19937_64 random_{1};
};

TEST_F(CatalogRows, are_encoded_as_the_books_that_they_hold) {
  for (const Currency& currency : {Currency{"JPY", 0}, Currency{"USD", 2}, Currency{"KWD", 3}}) {
    const json::Format format{.money_decimals = currency.decimals};
    for (int i = 0; i < 300; ++i) {
      const Book expected = book(currency);
      with_row(expected, authors_text(expected.authors), [&](const db::Query& row) {
        EXPECT_EQ(book_from(row, currency), expected);
        std::string out = "before";
        const auto [id, version] = encode_book(out, row, currency);
        EXPECT_EQ(id, expected.id);
        EXPECT_EQ(version, expected.version);
        EXPECT_EQ(out, "before" + json::encode(expected, format));
      });
    }
  }
}

TEST_F(CatalogRows, with_authors_in_another_form_are_encoded_alike) {
  Book expected = book({});
  expected.authors = {"A/B", "C"};
  for (const auto* text : {R"(["A/B","C"])", R"([ "A/B", "C" ])", R"(["A\/B","\u0043"])"}) {
    with_row(expected, text, [&](const db::Query& row) {
      std::string out;
      encode_book(out, row, {});
      EXPECT_EQ(out, json::encode(expected));
    });
  }
}

TEST_F(CatalogRows, with_damaged_authors_are_an_outage) {
  for (const auto* text : {"", "[", R"(["A)", R"(["A"]])", R"({"A":1})"}) {
    with_row(book({}), text, [&](const db::Query& row) {
      std::string out;
      EXPECT_THROW(encode_book(out, row, {}), Unavailable) << text;
      EXPECT_THROW((void)book_from(row, {}), Unavailable) << text;
    });
  }
}

}  // namespace
}  // namespace bazar::catalog
