#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "http/limits.hpp"
#include "http/loop_pool.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "observe/metrics.hpp"

namespace bazar::http {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free port
  Limits limits = {};
  std::size_t max_connections =
      20'000;  ///< across all loops; past it a connection is accepted and closed with 503
  /// Fields of every answer that does not set them itself, also of those that no handler made.
  std::vector<Header> headers = {};
};

/// Serves HTTP/1.1 on every loop of a pool, a listener each (SO_REUSEPORT where there are several). Sessions
/// stay on their loop.
class Server {
 public:
  /// Makes the router of one loop; called once a loop, before serving.
  using MakeRouter = std::function<std::unique_ptr<Router>(Loop& loop, std::size_t index)>;

  /// Binds at once. Throws std::system_error where the address is taken or not ours.
  Server(LoopPool& loops, ServerOptions options, const MakeRouter& make_router, observe::Metrics& metrics);
  ~Server();

  [[nodiscard]] std::uint16_t port() const;

  /// Starts accepting. Call once, before or after the pool starts.
  void start();

  /// Two phases: stops accepting and lets requests under way finish (answers carry `Connection: close`, idle
  /// connections close at once); after `grace` the rest is cut. Returns when no session is left. Call from
  /// outside the loops while they run.
  void stop(milliseconds grace);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::http
