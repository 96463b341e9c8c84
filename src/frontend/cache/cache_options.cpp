#include "frontend/cache/cache_options.hpp"

#include <charconv>

namespace bazar::frontend {
namespace {

constexpr std::size_t max_entries = 100'000'000;
constexpr std::string_view lru_prefix = "lru://?entries=";

}  // namespace

std::expected<CoherentCache::Options, std::string> parse_cache_options(std::string_view text) {
  CoherentCache::Options options;
  if (text == "none") {
    options.enabled = false;
    return options;
  }
  if (text.starts_with("redis://") || text.starts_with("memcached://")) {
    return std::unexpected(
        "cache servers (redis://, memcached://) come with a later release; use lru://?entries=N or none");
  }
  if (!text.starts_with(lru_prefix)) {
    return std::unexpected("the cache is lru://?entries=N or none");
  }
  text.remove_prefix(lru_prefix.size());
  std::size_t entries = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), entries);
  if (error != std::errc() || end != text.data() + text.size() || entries < 1 || entries > max_entries) {
    return std::unexpected("the entries of lru://?entries=N are a number from 1 to 100000000");
  }
  options.book_entries = entries;
  return options;
}

}  // namespace bazar::frontend
