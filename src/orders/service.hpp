#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"

namespace bazar::orders {

struct ServiceOptions {
  std::string name = "orders-1";
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string advertise_url = {};  ///< what the others are told; empty: from host and port
  unsigned threads = 1;
  std::string database;     ///< sqlite:DIR
  std::string catalog_url;  ///< any one catalog; the others are learned from it
  std::string service_token;
};

/// One order process: store, HTTP server, membership, reconciler. Start, wait for a signal elsewhere, stop.
class Service {
 public:
  explicit Service(ServiceOptions options);  ///< opens the database, binds; throws on failure
  ~Service();
  void start();
  /// Graceful: finishes what is under way, takes leave, joins its threads.
  void stop();
  [[nodiscard]] std::string url() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::orders
