#include "frontend/cache/lru_cache.hpp"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <random>

namespace bazar::frontend {
namespace {

using Texts = LruCache<int, std::string>;

TEST(LruCache, finds_what_was_put) {
  Texts cache(2);
  EXPECT_FALSE(cache.put(1, "one"));
  ASSERT_TRUE(cache.find(1));
  EXPECT_EQ(*cache.find(1), "one");
  EXPECT_EQ(cache.find(2), nullptr);
}

TEST(LruCache, evicts_the_entry_used_longest_ago_and_hands_it_out) {
  Texts cache(2);
  EXPECT_FALSE(cache.put(1, "one"));
  EXPECT_FALSE(cache.put(2, "two"));
  EXPECT_TRUE(cache.find(1));
  EXPECT_EQ(cache.put(3, "three"), (std::pair<int, std::string>(2, "two")));
  EXPECT_TRUE(cache.find(1));
  EXPECT_FALSE(cache.find(2));
}

TEST(LruCache, peeking_is_no_use) {
  Texts cache(2);
  EXPECT_FALSE(cache.put(1, "one"));
  EXPECT_FALSE(cache.put(2, "two"));
  EXPECT_TRUE(cache.peek(1));
  EXPECT_EQ(cache.put(3, "three")->first, 1);
}

TEST(LruCache, putting_a_known_key_replaces_its_value_and_evicts_nothing) {
  Texts cache(2);
  EXPECT_FALSE(cache.put(1, "one"));
  EXPECT_FALSE(cache.put(2, "two"));
  EXPECT_FALSE(cache.put(1, "uno"));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.put(3, "three")->first, 2) << "the second put of 1 was a use of it";
  EXPECT_EQ(*cache.find(1), "uno");
}

TEST(LruCache, with_a_capacity_of_zero_keeps_nothing) {
  Texts cache(0);
  EXPECT_EQ(cache.put(1, "one"), (std::pair<int, std::string>(1, "one")));
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_FALSE(cache.find(1));
}

TEST(LruCache, with_a_capacity_of_one_keeps_the_last) {
  Texts cache(1);
  EXPECT_FALSE(cache.put(1, "one"));
  EXPECT_EQ(cache.put(2, "two")->first, 1);
  EXPECT_TRUE(cache.erase(2));
  EXPECT_FALSE(cache.put(3, "three"));
  EXPECT_TRUE(cache.find(3));
}

TEST(LruCache, looks_texts_up_by_view) {
  LruCache<std::string, int, TextHash> cache(2);
  EXPECT_FALSE(cache.put("distributed systems", 1));
  const std::string_view text = "distributed systems, and more";
  ASSERT_TRUE(cache.find(text.substr(0, 19)));
  EXPECT_EQ(cache.erase(text.substr(0, 19)), 1);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(LruCache, holds_values_that_only_move) {
  LruCache<int, std::unique_ptr<int>> cache(1);
  EXPECT_FALSE(cache.put(1, std::make_unique<int>(10)));
  const auto evicted = cache.put(2, std::make_unique<int>(20));
  ASSERT_TRUE(evicted);
  EXPECT_EQ(*evicted->second, 10);
}

/// The same rules, said as plainly as can be: a list, the entry used last in front.
class NaiveLru {
 public:
  explicit NaiveLru(std::size_t capacity) : capacity_(capacity) {}

  const int* find(int key) {
    const auto at = where(key);
    if (at == entries_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, at);
    return &entries_.front().second;
  }
  std::optional<std::pair<int, int>> put(int key, int value) {
    if (const auto at = where(key); at != entries_.end()) entries_.erase(at);
    entries_.emplace_front(key, value);
    if (entries_.size() <= capacity_) return std::nullopt;
    const auto last = entries_.back();
    entries_.pop_back();
    return last;
  }
  bool erase(int key) {
    const auto at = where(key);
    if (at == entries_.end()) return false;
    entries_.erase(at);
    return true;
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  void clear() { entries_.clear(); }

 private:
  std::list<std::pair<int, int>>::iterator where(int key) {
    return std::find_if(entries_.begin(), entries_.end(), [key](const auto& e) { return e.first == key; });
  }
  std::size_t capacity_;
  std::list<std::pair<int, int>> entries_;
};

class LruCacheProperty : public testing::TestWithParam<unsigned> {};

TEST_P(LruCacheProperty, does_what_the_naive_list_does) {
  std::mt19937 random(GetParam());
  const std::size_t capacity = random() % 12;
  LruCache<int, int> cache(capacity);
  NaiveLru model(capacity);
  for (int step = 0; step < 4'000; ++step) {
    const int key = static_cast<int>(random() % 20);
    const unsigned action = random() % 100;
    if (action < 45) {
      ASSERT_EQ(cache.put(key, step), model.put(key, step)) << "step " << step;
    } else if (action < 85) {
      const int* found = cache.find(key);
      const int* expected = model.find(key);
      ASSERT_EQ(found == nullptr, expected == nullptr) << "step " << step;
      if (found) ASSERT_EQ(*found, *expected) << "step " << step;
    } else if (action < 99) {
      ASSERT_EQ(cache.erase(key).has_value(), model.erase(key)) << "step " << step;
    } else {
      cache.clear();
      model.clear();
    }
    ASSERT_EQ(cache.size(), model.size()) << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LruCacheProperty, testing::Range(0U, 30U));

}  // namespace
}  // namespace bazar::frontend
