#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "frontend/cache/cache_client.hpp"
#include "frontend/cache/storage.hpp"
#include "http/client.hpp"
#include "observe/metrics.hpp"

namespace bazar::frontend {

/// What `--cache` says.
struct CacheOptions {
  enum class Kind : std::uint8_t { none, lru, redis, memcached };
  Kind kind = Kind::lru;
  std::size_t entries = 100'000;  ///< of the LRU: books
  http::Endpoint server = {};     ///< of Redis or memcached
};

/// Reads the `--cache` option: `lru://?entries=N` (1 … 100,000,000 books), `redis://HOST:PORT`,
/// `memcached://HOST:PORT` (each without its port: the usual one) or `none`. The error is a sentence for the
/// person who typed it.
[[nodiscard]] std::expected<CacheOptions, std::string> parse_cache_options(std::string_view text);

/// The storage of these options, null for none. A cache server need not be there yet: until it is, the
/// storage is not usable. `secret` is the same in all front-ends of a store. `client` is how it is spoken to.
[[nodiscard]] std::unique_ptr<Storage> open_storage(const CacheOptions& options, std::string_view secret,
                                                    observe::Metrics& metrics,
                                                    CacheClient::Options client = {});

}  // namespace bazar::frontend
