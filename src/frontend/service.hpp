#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"

namespace bazar::frontend {

struct ServiceOptions {
  std::string name = "frontend-1";
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string advertise_url = {};  ///< what the others are told; empty: from host and port
  /// Of the private listener that takes invalidations; 0: any free one.
  std::uint16_t control_port = 0;
  /// Where catalogs reach it, if that is not the public host and that port: through a NAT or a proxy.
  std::string advertise_control_url = {};
  unsigned threads = 1;
  std::string catalog_url;                      ///< any one catalog; the others are learned from it
  std::string cache = "lru://?entries=100000";  ///< as parse_cache_options reads it
  std::string service_token;
  std::string shopkeeper_token;      ///< empty: the shopkeeper's routes answer 401
  unsigned rate_limit = 0;           ///< requests a second from one client address; 0: no limit
  bool rate_limit_loopback = false;  ///< otherwise loopback is exempt
};

/// One front-end process: pages and JSON, cache, coherence, balancing over catalogs and orders. Start, wait
/// for a signal elsewhere, stop.
class Service {
 public:
  explicit Service(ServiceOptions options);  ///< binds; throws on failure
  ~Service();
  void start();
  /// Graceful: finishes what is under way, takes leave, joins its threads.
  void stop();
  [[nodiscard]] std::string url() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::frontend
