#include "frontend/cache/envelope.hpp"

#include <gtest/gtest.h>

namespace bazar::frontend {
namespace {

std::shared_ptr<const BookEntry> entry(Revision as_of) {
  catalog::Book book;
  book.id = BookId{2};
  book.title = "RPCs for Noobs, 本";
  book.topic = "distributed systems";
  book.price = Money{2235};
  book.currency = "USD";
  book.version = 17;
  return make_entry(std::move(book), "E1", as_of);
}

const Envelope envelope("secret");

TEST(Envelope, opens_what_it_sealed) {
  const auto put = entry(40);
  const auto stored = envelope.open_book("key", envelope.seal("key", *put));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->epoch, "E1");
  EXPECT_EQ(stored->as_of, 40);
  EXPECT_EQ(stored->book(), put->book());
  EXPECT_EQ(stored->hit->body(), put->hit->body());
}

TEST(Envelope, opens_titles_also_none) {
  for (const auto& books : {std::vector<catalog::BookTitle>{}, {{BookId{1}, "One"}, {BookId{2}, "Two"}}}) {
    const auto put = make_entry(TopicTitles{.topic = "new", .books = books, .next = {}}, "E1", 40);
    const auto stored = envelope.open_topic("key", envelope.seal("key", "new", *put));
    ASSERT_TRUE(stored) << books.size();
    EXPECT_EQ(stored->books, books);
    EXPECT_EQ(stored->hit->body(), put->hit->body());
  }
}

TEST(Envelope, the_key_belongs_to_the_seal) {
  const std::string sealed = envelope.seal("key", *entry(40));
  EXPECT_FALSE(envelope.open_book("another", sealed));
  EXPECT_FALSE(envelope.open_book("", sealed));
}

TEST(Envelope, a_book_is_no_topic) {
  EXPECT_FALSE(envelope.open_topic("key", envelope.seal("key", *entry(40))));
}

TEST(Envelope, another_secret_makes_another_seal) {
  EXPECT_FALSE(Envelope("other").open_book("key", envelope.seal("key", *entry(40))));
}

TEST(Envelope, every_cut_and_every_flipped_bit_is_refused) {
  const std::string good = envelope.seal("key", *entry(40));
  for (std::size_t size = 0; size < good.size(); ++size) {
    ASSERT_FALSE(envelope.open_book("key", good.substr(0, size))) << size;
  }
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(envelope.open_book("key", bad)) << bit;
  }
  EXPECT_FALSE(envelope.open_book("key", good + '\0'));
}

TEST(Envelope, keys_are_short_printable_and_differ) {
  const std::string scope = Envelope::scope_of("0123456789abcdef0123456789abcdef-1234567890-7");
  EXPECT_NE(scope, Envelope::scope_of(""));
  for (const std::string& topic : {std::string("new"), std::string(512, 'x'), std::string("a b\r\n\0", 6)}) {
    const std::string key = Envelope::key_of(scope, topic);
    EXPECT_LE(key.size(), 80U);
    EXPECT_TRUE(std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; })) << key;
    EXPECT_NE(key, Envelope::key_of(scope, topic + "x"));
  }
  EXPECT_LE(Envelope::key_of(scope, BookId{BookId::max}).size(), 80U);
  EXPECT_NE(Envelope::key_of(scope, BookId{2}), Envelope::key_of(scope, "2"));
}

}  // namespace
}  // namespace bazar::frontend
