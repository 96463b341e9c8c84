#include "catalog/book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/demo_books.hpp"
#include "catalog/membership/member.hpp"

namespace bazar::catalog {
namespace {

const Currency usd{"USD", 2};

BookDraft draft() {
  BookDraft book;
  book.title = "RPCs for Noobs";
  book.topic = "distributed systems";
  book.price = Money{2235};
  book.quantity = 60;
  return book;
}

template <class Change>
std::string refused_field(Change change) {
  BookDraft book = draft();
  change(book);
  const auto checked = validate(book, usd);
  return checked ? "none" : checked.error().field;
}

TEST(Book, accepts_a_draft_with_only_what_it_needs) { EXPECT_TRUE(validate(draft(), usd)); }

TEST(Book, accepts_every_member_at_its_bound) {
  BookDraft book = draft();
  book.id = BookId{BookId::max};
  book.title = std::string(max_title_bytes, 't');
  book.topic = std::string(max_topic_bytes, 't');
  book.price = Money{Money::max};
  book.currency = "USD";
  book.quantity = max_stock;
  book.authors = std::vector<std::string>(max_authors, "A. Author");
  book.isbn = "9780306406157";
  book.year = -9999;
  book.language = "zh-Hant-TW";
  book.description = std::string(max_description_bytes, 'd');
  EXPECT_TRUE(validate(book, usd));
}

TEST(Book, names_the_field_that_is_out_of_bounds) {
  EXPECT_EQ(refused_field([](auto& b) { b.id = BookId{0}; }), "id");
  EXPECT_EQ(refused_field([](auto& b) { b.id = BookId{BookId::max + 1}; }), "id");
  EXPECT_EQ(refused_field([](auto& b) { b.title.clear(); }), "title");
  EXPECT_EQ(refused_field([](auto& b) { b.title = std::string(max_title_bytes + 1, 't'); }), "title");
  EXPECT_EQ(refused_field([](auto& b) { b.title = "a\x7f"; }), "title");
  EXPECT_EQ(refused_field([](auto& b) { b.title = "\xff"; }), "title");
  EXPECT_EQ(refused_field([](auto& b) { b.topic = "line\nbreak"; }), "topic");
  EXPECT_EQ(refused_field([](auto& b) { b.price = Money{-1}; }), "price");
  EXPECT_EQ(refused_field([](auto& b) { b.price = Money{Money::max + 1}; }), "price");
  EXPECT_EQ(refused_field([](auto& b) { b.currency = "EUR"; }), "currency");
  EXPECT_EQ(refused_field([](auto& b) { b.quantity = -1; }), "quantity");
  EXPECT_EQ(refused_field([](auto& b) { b.quantity = max_stock + 1; }), "quantity");
  EXPECT_EQ(refused_field([](auto& b) { b.authors = std::vector<std::string>(max_authors + 1, "a"); }),
            "authors");
  EXPECT_EQ(refused_field([](auto& b) { b.authors = {{"a", ""}}; }), "authors[1]");
  EXPECT_EQ(refused_field([](auto& b) { b.isbn = "9780306406158"; }), "isbn");
  EXPECT_EQ(refused_field([](auto& b) { b.year = 10000; }), "year");
  EXPECT_EQ(refused_field([](auto& b) { b.description = std::string(max_description_bytes + 1, 'd'); }),
            "description");
}

TEST(Book, takes_language_tags_and_nothing_else) {
  for (const auto* tag : {"en", "pt-BR", "sl-rozaj-biske", "de-CH-1996"}) {
    EXPECT_EQ(refused_field([&](auto& b) { b.language = tag; }), "none") << tag;
  }
  for (const auto* tag : {"", "e", "1n", "en-", "-en", "en--us", "english language", "verylongsubtag",
                          "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd"}) {
    EXPECT_EQ(refused_field([&](auto& b) { b.language = tag; }), "language") << tag;
  }
}

TEST(Book, checks_the_digits_of_an_isbn) {
  EXPECT_TRUE(is_isbn13("9780306406157"));
  EXPECT_TRUE(is_isbn13("9791034304004"));
  EXPECT_FALSE(is_isbn13("9780306406156"));
  EXPECT_FALSE(is_isbn13("978030640615"));
  EXPECT_FALSE(is_isbn13("978-0306406157"));
  EXPECT_FALSE(is_isbn13("0000000000000"));
  EXPECT_FALSE(is_isbn13(""));
}

TEST(Book, a_patch_is_checked_like_a_draft_where_it_says_something) {
  EXPECT_TRUE(validate(BookPatch{}, usd));
  BookPatch patch;
  patch.quantity = -1;
  EXPECT_EQ(validate(patch, usd).error().field, "quantity");
  patch = {};
  patch.isbn = {true, "1"};
  EXPECT_EQ(validate(patch, usd).error().field, "isbn");
  patch.isbn = {true, std::nullopt};
  EXPECT_TRUE(validate(patch, usd));
}

TEST(Book, a_patch_sets_removes_and_leaves_alone) {
  Book book{.id = BookId{2},
            .title = "old",
            .topic = "t",
            .price = Money{1},
            .currency = "USD",
            .quantity = 3,
            .version = 4,
            .authors = {},
            .isbn = "9780306406157",
            .year = 1999,
            .language = {},
            .description = {}};
  BookPatch patch;
  patch.title = "new";
  patch.isbn = {true, std::nullopt};
  patch.language = {true, "en"};
  Book expected = book;
  expected.title = "new";
  expected.isbn.reset();
  expected.language = "en";
  EXPECT_EQ(apply(patch, book), expected);
}

TEST(Book, the_seven_demo_books_are_valid_in_every_kind_of_currency) {
  for (const auto* code : {"USD", "JPY", "KWD"}) {
    const auto currency = find_currency(code).value();
    const auto items = demo_books(currency);
    ASSERT_EQ(items.size(), 7U);
    for (const auto& item : items) EXPECT_TRUE(validate(item.draft, currency)) << item.key;
  }
  EXPECT_EQ(demo_books(usd)[1].draft.price, Money{2235});
  EXPECT_EQ(demo_books(Currency{"JPY", 0})[1].draft.price, Money{22});
}

TEST(Member, roles_and_states_survive_the_way_to_text_and_back) {
  for (const Role role : {Role::frontend, Role::catalog, Role::orders})
    EXPECT_EQ(parse_role(to_string(role)), role);
  for (const auto state : {MemberState::live, MemberState::revoked, MemberState::gone}) {
    EXPECT_EQ(parse_member_state(to_string(state)), state);
  }
  EXPECT_FALSE(parse_role("Frontend"));
  EXPECT_FALSE(parse_role(""));
  EXPECT_FALSE(parse_member_state("dead"));
}

}  // namespace
}  // namespace bazar::catalog
