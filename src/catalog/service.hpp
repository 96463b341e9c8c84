#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/money.hpp"

namespace bazar::catalog {

/// What front-ends have of a book after a write, all of which they approved before it was committed.
enum class OnWrite : std::uint8_t {
  invalidate,  ///< nothing: the next reader misses
  update,      ///< soon after the commit, and nobody waits for it, the new value
};

struct ServiceOptions {
  std::string name = "catalog-1";
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string advertise_url = {};  ///< what the others are told; empty: from host and port
  unsigned threads = 1;
  std::string database;  ///< sqlite:DIR or postgresql://…
  /// postgresql://…: where lists and searches are read, labelled with their version; empty: as all other
  /// reads
  std::string standby_database = {};
  std::string service_token;
  milliseconds lease{2'000};
  OnWrite on_write = OnWrite::update;
  bool demo_books = false;  ///< put the demo stock into an empty catalog
  Currency currency = {};   ///< of a new catalog; an existing one keeps its own
};

/// One catalog process: store, HTTP server, membership, janitor. Start, wait for a signal elsewhere, stop.
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

}  // namespace bazar::catalog
