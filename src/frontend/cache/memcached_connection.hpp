#pragma once

#include <memory>
#include <thread>

#include "frontend/cache/cache_connection.hpp"
#include "http/client.hpp"

namespace bazar::frontend {

/// memcached, by libmemcached. That library blocks, up to its time-outs, so it has a thread to itself; an
/// exchange that is abandoned meanwhile is answered without it, and the next ones fail until it is free.
class MemcachedConnection final : public CacheConnection {
 public:
  explicit MemcachedConnection(http::Endpoint server);
  /// Waits for the library, for a second at the most.
  ~MemcachedConnection() override;

  Task<Answer> exchange(Exchange exchange) override;
  void abandon() override;

 private:
  class Worker;
  const std::shared_ptr<Worker> worker_;
  std::thread thread_;
};

}  // namespace bazar::frontend
