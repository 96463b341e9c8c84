#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>

#include "base/clock.hpp"

namespace bazar::frontend {

/// A token bucket a client address. Time comes in as an argument. Thread-safe: one limiter serves all loops
/// of a process.
///
/// The table is bounded: past `max_clients` the address that was quiet longest is forgotten, and starts with
/// a full bucket if it comes back. IPv6 clients are told apart by their /64, since one customer is usually
/// given all of it.
class RateLimiter {
 public:
  struct Options {
    unsigned per_second = 100;  ///< at least 1; also how many may come at once
    bool limit_loopback = false;
    std::size_t max_clients = 65'536;
  };
  explicit RateLimiter(Options options) : options_(options) {}

  /// Takes a token. Nothing: go ahead. Otherwise refused, and how long until the next token.
  [[nodiscard]] std::optional<milliseconds> refuse(const boost::asio::ip::address& client, SteadyTime now);

  [[nodiscard]] std::size_t clients() const;

 private:
  using Key = boost::asio::ip::address_v6;
  struct Bucket {
    Key client;
    double tokens;
    SteadyTime filled;
  };
  Bucket& bucket_of(const Key& client, SteadyTime now);

  Options options_;
  mutable std::mutex mutex_;
  std::list<Bucket> by_use_;  ///< most recent first
  std::map<Key, std::list<Bucket>::iterator> by_client_;
};

}  // namespace bazar::frontend
