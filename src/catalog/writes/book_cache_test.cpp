#include "catalog/writes/book_cache.hpp"

#include <gtest/gtest.h>

namespace bazar::catalog {
namespace {

constexpr BookId one{1};
constexpr BookId two{2};

Book make_book(BookId id, std::int64_t quantity) {
  Book book;
  book.id = id;
  book.title = "One";
  book.quantity = quantity;
  book.version = 7;
  return book;
}

class BookCacheTest : public testing::Test {
 protected:
  BookCacheTest() {
    cache_.begin("epoch", 7);
    cache_.add(make_book(one, 10));
    cache_.add(make_book(two, 20));
  }
  BookCache cache_;
};

TEST_F(BookCacheTest, keeps_books_while_the_database_is_where_it_was) {
  cache_.begin("epoch", 7);
  ASSERT_NE(cache_.find(one), nullptr);
  EXPECT_EQ(*cache_.find(one), make_book(one, 10));
}

TEST_F(BookCacheTest, is_void_at_another_revision) {
  cache_.begin("epoch", 8);
  EXPECT_EQ(cache_.find(one), nullptr);
  cache_.begin("epoch", 7);
  EXPECT_EQ(cache_.find(one), nullptr);
}

TEST_F(BookCacheTest, is_void_in_another_epoch_at_the_same_revision) {
  cache_.begin("later", 7);
  EXPECT_EQ(cache_.find(one), nullptr);
}

TEST_F(BookCacheTest, follows_what_this_process_commits) {
  BatchChanges changes;
  changes.books.push_back({.book = make_book(one, 4), .existed = true, .exists = true});
  changes.books.back().book.version = 8;
  cache_.committed(changes, 8);
  cache_.begin("epoch", 8);
  ASSERT_NE(cache_.find(one), nullptr);
  EXPECT_EQ(cache_.find(one)->quantity, 4);
  EXPECT_EQ(cache_.find(one)->version, 8);
  EXPECT_EQ(*cache_.find(two), make_book(two, 20));
}

TEST_F(BookCacheTest, forgets_books_that_were_edited_or_removed) {
  BatchChanges changes;
  changes.books.push_back({.book = make_book(one, 10), .existed = true, .exists = true, .edited = true});
  changes.books.push_back({.book = make_book(two, 20), .existed = true, .exists = false});
  cache_.committed(changes, 8);
  cache_.begin("epoch", 8);
  EXPECT_EQ(cache_.find(one), nullptr);
  EXPECT_EQ(cache_.find(two), nullptr);
}

TEST_F(BookCacheTest, is_bounded) {
  for (std::int64_t id = 1; id <= 20'000; ++id) cache_.add(make_book(BookId{id}, 1));
  cache_.begin("epoch", 7);
  EXPECT_EQ(cache_.find(one), nullptr);
}

}  // namespace
}  // namespace bazar::catalog
