#include "frontend/cache/cache_options.hpp"

#include <gtest/gtest.h>

namespace bazar::frontend {
namespace {

TEST(CacheOptions, reads_the_number_of_entries) {
  const auto options = parse_cache_options("lru://?entries=5");
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->enabled);
  EXPECT_EQ(options->book_entries, 5U);
}

TEST(CacheOptions, none_switches_the_cache_off) {
  const auto options = parse_cache_options("none");
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->enabled);
}

TEST(CacheOptions, cache_servers_are_refused_as_not_there_yet) {
  for (const auto* text : {"redis://localhost:6379", "memcached://localhost:11211"}) {
    const auto options = parse_cache_options(text);
    ASSERT_FALSE(options) << text;
    EXPECT_NE(options.error().find("later release"), std::string::npos) << text;
  }
}

TEST(CacheOptions, anything_else_is_refused) {
  for (const auto* text :
       {"", "lru", "lru://", "lru://?entries=", "lru://?entries=0", "lru://?entries=-1", "lru://?entries=5x",
        "lru://?entries= 5", "lru://?entries=1e3", "lru://?entries=100000001",
        "lru://?entries=18446744073709551617", "lru://?size=5", "NONE", "none "}) {
    EXPECT_FALSE(parse_cache_options(text)) << text;
  }
}

}  // namespace
}  // namespace bazar::frontend
