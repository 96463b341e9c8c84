#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>
#include <stdexcept>
#include <string>

#include "base/temporary_folder.hpp"
#include "catalog/coherence/invalidation.hpp"
#include "http/client.hpp"
#include "http/loop_pool.hpp"
#include "http/server.hpp"
#include "observe/metrics.hpp"

namespace bazar::catalog {

/// Runs `loop` on this thread until `task` is done.
template <class T>
T run_on(Loop& loop, Task<T> task) {
  std::exception_ptr error;
  std::optional<T> result;
  bool done = false;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr e, T value) {
    error = std::move(e);
    result.emplace(std::move(value));
    done = true;
  });
  loop.restart();
  while (!done && loop.run_one() > 0) {
  }
  if (!done) throw std::runtime_error("the loop ran out of work before the task was done");
  if (error) std::rethrow_exception(error);
  return *std::move(result);
}

inline void run_on(Loop& loop, Task<void> task) {
  run_on(loop, [](Task<void> inner) -> Task<bool> {
    co_await std::move(inner);
    co_return true;
  }(std::move(task)));
}

/// A client that blocks, for tests that talk to a server on other threads.
class HttpProbe {
 public:
  explicit HttpProbe(const std::string& url, std::string token = {})
      : endpoint_(http::parse_endpoint(url).value()), client_(loop_, {.bearer_token = std::move(token)}) {}

  http::ClientResponse send(http::ClientRequest request) {
    return run_on(loop_, client_.send(endpoint_, std::move(request),
                                      std::chrono::steady_clock::now() + std::chrono::seconds(20)));
  }
  http::ClientResponse send(http::Method method, std::string target, std::string body = {},
                            std::vector<http::Header> headers = {}) {
    return send({.method = method,
                 .target = std::move(target),
                 .headers = std::move(headers),
                 .body = std::move(body)});
  }
  http::ClientResponse get(std::string target, std::vector<http::Header> headers = {}) {
    return send(http::Method::get, std::move(target), {}, std::move(headers));
  }

 private:
  Loop loop_{1};
  http::Endpoint endpoint_;
  http::Client client_;
};

/// A server on a thread of its own with one route.
class OneRouteServer {
 public:
  OneRouteServer(http::Method method, std::string pattern, http::Handler handler, std::uint16_t port = 0)
      : loops_(1),
        server_(
            loops_, {.port = port},
            [&](Loop&, std::size_t) {
              auto router = std::make_unique<http::Router>();
              const bool has_body = method != http::Method::get;
              router->add(method, pattern, has_body ? http::BodyRule::json() : http::BodyRule::none(),
                          handler);
              return router;
            },
            metrics_) {
    loops_.start();
    server_.start();
  }
  ~OneRouteServer() {
    server_.stop(milliseconds(0));
    loops_.stop();
  }
  [[nodiscard]] std::string url() const { return http::to_url({"127.0.0.1", server_.port()}); }

 private:
  observe::Metrics metrics_;
  http::LoopPool loops_;
  http::Server server_;
};

/// A URL at which nobody listens: a port that was free a moment ago.
[[nodiscard]] inline std::string dead_url() {
  Loop loop{1};
  Acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
  const auto port = acceptor.local_endpoint().port();
  acceptor.close();
  return http::to_url({"127.0.0.1", port});
}

/// For stores of tests without front-ends: everybody approves.
class ApprovingInvalidator final : public Invalidator {
 public:
  [[nodiscard]] Answers ask(const Invalidation&, std::span<const Member>) override { return {}; }
};

}  // namespace bazar::catalog
