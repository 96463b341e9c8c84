#include "frontend/cache/cache_options.hpp"

#include <charconv>

#include "frontend/cache/lru_storage.hpp"
#include "frontend/cache/memcached_connection.hpp"
#include "frontend/cache/redis_connection.hpp"
#include "frontend/cache/server_storage.hpp"

namespace bazar::frontend {
namespace {

using Kind = CacheOptions::Kind;

constexpr std::size_t max_entries = 100'000'000;
constexpr std::string_view lru_prefix = "lru://?entries=";

std::expected<CacheOptions, std::string> parse_lru(std::string_view number) {
  CacheOptions options;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), options.entries);
  if (error != std::errc() || end != number.data() + number.size() || options.entries < 1 ||
      options.entries > max_entries) {
    return std::unexpected("the entries of lru://?entries=N are a number from 1 to 100000000");
  }
  return options;
}

std::expected<CacheOptions, std::string> parse_server(Kind kind, std::string_view address,
                                                      std::string_view usual_port) {
  if (address.ends_with('/')) address.remove_suffix(1);
  const std::string url = "http://" + std::string(address);
  auto server = http::parse_endpoint(url + ':' + std::string(usual_port));
  if (!server) server = http::parse_endpoint(url);
  if (!server) {
    return std::unexpected(
        "a cache server is redis://HOST:PORT or memcached://HOST:PORT, without user, path or options");
  }
  return CacheOptions{.kind = kind, .server = *std::move(server)};
}

MakeCacheConnection connection_to(const CacheOptions& options) {
  if (options.kind == Kind::redis) {
    return [server = options.server](Loop& loop) { return std::make_unique<RedisConnection>(loop, server); };
  }
  return [server = options.server](Loop&) { return std::make_unique<MemcachedConnection>(server); };
}

}  // namespace

std::expected<CacheOptions, std::string> parse_cache_options(std::string_view text) {
  constexpr std::string_view redis = "redis://";
  constexpr std::string_view memcached = "memcached://";
  if (text == "none") return CacheOptions{.kind = Kind::none};
  if (text.starts_with(lru_prefix)) return parse_lru(text.substr(lru_prefix.size()));
  if (text.starts_with(redis)) return parse_server(Kind::redis, text.substr(redis.size()), "6379");
  if (text.starts_with(memcached))
    return parse_server(Kind::memcached, text.substr(memcached.size()), "11211");
  return std::unexpected("the cache is lru://?entries=N, redis://HOST:PORT, memcached://HOST:PORT or none");
}

std::unique_ptr<Storage> open_storage(const CacheOptions& options, std::string_view secret,
                                      observe::Metrics& metrics, CacheClient::Options client) {
  switch (options.kind) {
    case Kind::none:
      return nullptr;
    case Kind::lru:
      return std::make_unique<LruStorage>(LruStorage::Options{.book_entries = options.entries}, metrics);
    case Kind::redis:
    case Kind::memcached:
      break;
  }
  return std::make_unique<ServerStorage>(connection_to(options), secret, client, metrics);
}

}  // namespace bazar::frontend
