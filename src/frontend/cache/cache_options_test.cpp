#include "frontend/cache/cache_options.hpp"

#include <gtest/gtest.h>

namespace bazar::frontend {
namespace {

using Kind = CacheOptions::Kind;

TEST(CacheOptions, reads_the_number_of_entries) {
  const auto options = parse_cache_options("lru://?entries=5");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->kind, Kind::lru);
  EXPECT_EQ(options->entries, 5U);
}

TEST(CacheOptions, none_is_no_cache) {
  const auto options = parse_cache_options("none");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->kind, Kind::none);
  observe::Metrics metrics;
  EXPECT_EQ(open_storage(*options, "secret", metrics), nullptr);
}

TEST(CacheOptions, reads_the_address_of_a_cache_server) {
  const auto redis = parse_cache_options("redis://cache.local:7000");
  ASSERT_TRUE(redis);
  EXPECT_EQ(redis->kind, Kind::redis);
  EXPECT_EQ(redis->server, (http::Endpoint{"cache.local", 7000}));
  const auto memcached = parse_cache_options("memcached://[::1]:7001/");
  ASSERT_TRUE(memcached);
  EXPECT_EQ(memcached->kind, Kind::memcached);
  EXPECT_EQ(memcached->server, (http::Endpoint{"::1", 7001}));
}

TEST(CacheOptions, a_cache_server_without_a_port_has_its_usual_one) {
  EXPECT_EQ(parse_cache_options("redis://localhost")->server.port, 6379);
  EXPECT_EQ(parse_cache_options("redis://localhost/")->server.port, 6379);
  EXPECT_EQ(parse_cache_options("memcached://[::1]")->server.port, 11211);
}

TEST(CacheOptions, what_else_a_cache_servers_address_says_is_refused_in_words) {
  for (const auto* text : {"redis://", "redis://:6379", "redis://host:0", "redis://host:65536",
                           "redis://host:x", "redis://host:", "redis://user:word@host:6379",
                           "redis://host:6379/1", "memcached://a:1,b:2", "memcached://a b:1"}) {
    const auto options = parse_cache_options(text);
    ASSERT_FALSE(options) << text;
    EXPECT_NE(options.error().find("redis://HOST:PORT"), std::string::npos) << text;
  }
}

TEST(CacheOptions, anything_else_is_refused) {
  for (const auto* text : {"", "lru", "lru://", "lru://?entries=", "lru://?entries=0", "lru://?entries=-1",
                           "lru://?entries=5x", "lru://?entries= 5", "lru://?entries=1e3",
                           "lru://?entries=100000001", "lru://?entries=18446744073709551617", "lru://?size=5",
                           "REDIS://host:1", "rediss://host:1", "NONE", "none "}) {
    EXPECT_FALSE(parse_cache_options(text)) << text;
  }
}

}  // namespace
}  // namespace bazar::frontend
