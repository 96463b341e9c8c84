#include "frontend/routes/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace bazar::frontend {
namespace {

namespace ip = boost::asio::ip;

bool is_loopback(const ip::address& client) {
  if (client.is_v6() && client.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, client.to_v6()).is_loopback();
  }
  return client.is_loopback();
}

ip::address_v6 to_key(const ip::address& client) {
  if (client.is_v4()) return ip::make_address_v6(ip::v4_mapped, client.to_v4());
  const ip::address_v6 v6 = client.to_v6();
  if (v6.is_v4_mapped()) return ip::address_v6(v6.to_bytes());
  ip::address_v6::bytes_type bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return ip::address_v6(bytes);
}

}  // namespace

std::optional<milliseconds> RateLimiter::refuse(const ip::address& client, SteadyTime now) {
  if (!options_.limit_loopback && is_loopback(client)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const double rate = options_.per_second;
  Bucket& bucket = bucket_of(to_key(client), now);
  const double elapsed = std::chrono::duration<double>(std::max(now, bucket.filled) - bucket.filled).count();
  bucket.tokens = std::min(rate, bucket.tokens + elapsed * rate);
  bucket.filled = std::max(now, bucket.filled);
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  return milliseconds(static_cast<std::int64_t>(std::ceil((1 - bucket.tokens) / rate * 1'000)));
}

std::size_t RateLimiter::clients() const {
  const std::lock_guard lock(mutex_);
  return by_client_.size();
}

RateLimiter::Bucket& RateLimiter::bucket_of(const Key& client, SteadyTime now) {
  if (const auto known = by_client_.find(client); known != by_client_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, known->second);
    return by_use_.front();
  }
  if (by_client_.size() >= options_.max_clients) {
    by_client_.erase(by_use_.back().client);
    by_use_.pop_back();
  }
  by_use_.push_front({client, static_cast<double>(options_.per_second), now});
  by_client_.emplace(client, by_use_.begin());
  return by_use_.front();
}

}  // namespace bazar::frontend
