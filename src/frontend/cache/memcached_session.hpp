#pragma once

#include <libmemcached/memcached.h>

#include <memory>
#include <stop_token>
#include <string>

#include "frontend/cache/cache_connection.hpp"
#include "http/client.hpp"

namespace bazar::frontend {

/// A connection of libmemcached. Every call blocks, each step of it no longer than the library's time-outs
/// (200 ms). On one thread.
class MemcachedSession {
 public:
  explicit MemcachedSession(const http::Endpoint& server);

  /// Throws Unavailable, after which the session is to be destroyed: what arrives late would be taken for the
  /// answer to the next question. Which puts the server refuses it does not tell. Gives up between two steps
  /// once `given_up` says so.
  [[nodiscard]] CacheConnection::Answer exchange(const CacheConnection::Exchange& exchange,
                                                 const std::stop_token& given_up);

 private:
  void probe();
  void fetch(const CacheConnection::Exchange& exchange, CacheConnection::Answer& answer,
             const std::stop_token& given_up);
  void store(const CacheConnection::Put& put);
  [[noreturn]] void fail(memcached_return_t code);

  struct Free {
    void operator()(memcached_st* memcached) const { memcached_free(memcached); }
  };
  std::unique_ptr<memcached_st, Free> memcached_;
};

}  // namespace bazar::frontend
