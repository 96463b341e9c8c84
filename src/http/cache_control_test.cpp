#include "http/cache_control.hpp"

#include <gtest/gtest.h>

namespace bazar::http {
namespace {

bool forbids(std::vector<HeaderView> headers) { return forbids_stale({.headers = std::move(headers)}); }

TEST(CacheControl, no_cache_forbids_what_may_be_stale) {
  EXPECT_TRUE(forbids({{"Cache-Control", "no-cache"}}));
  EXPECT_TRUE(forbids({{"cache-control", "max-age=0, No-Cache"}}));
  EXPECT_TRUE(forbids({{"Cache-Control", "max-age=0"}, {"Cache-Control", "no-cache"}}));
}

TEST(CacheControl, other_directives_do_not) {
  EXPECT_FALSE(forbids({}));
  EXPECT_FALSE(forbids({{"Cache-Control", ""}}));
  EXPECT_FALSE(forbids({{"Cache-Control", "max-age=0, no-cachet"}}));
  EXPECT_FALSE(forbids({{"Cache-Control", "x=\"a, no-cache\""}}));
  EXPECT_FALSE(forbids({{"Pragma", "no-cache"}}));
}

}  // namespace
}  // namespace bazar::http
