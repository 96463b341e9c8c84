#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/write.hpp>
#include <memory>
#include <string>

#include "base/task.hpp"
#include "http/loop_pool.hpp"
#include "http/server.hpp"
#include "observe/metrics.hpp"

namespace bazar::http::testing {

/// A blocking connection that sends bytes as they are: for what no well-behaved client sends. Reads give up
/// after 10 s.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : RawConnection() { connect(port); }
  /// Not connected yet, but with every descriptor that it needs.
  RawConnection() : socket_(loop_, asio::ip::tcp::v4()) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  void connect(std::uint16_t port) { socket_.connect({asio::ip::address_v4::loopback(), port}); }
  void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }

  /// One answer: head and body by Content-Length. What comes after stays for the next call.
  std::string receive(bool with_body = true) {
    std::size_t head_end = std::string::npos;
    while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive_some()) return std::exchange(received_, {});
    }
    std::size_t size = head_end + 4;
    const std::size_t length = received_.find("Content-Length: ");
    if (with_body && length < head_end) size += std::stoul(received_.substr(length + 16));
    while (received_.size() < size) {
      if (!receive_some()) break;
    }
    std::string answer = received_.substr(0, size);
    received_.erase(0, size);
    return answer;
  }

  std::string exchange(std::string_view request) {
    send(request);
    return receive();
  }

  /// Everything until the server closes.
  std::string receive_all() {
    while (receive_some()) {
    }
    return std::exchange(received_, {});
  }

  bool is_closed_by_server() { return received_.empty() && !receive_some() && closed_; }

  asio::ip::tcp::socket& socket() { return socket_; }

 private:
  bool receive_some() {
    char block[16 * 1024];
    // A plain read: Asio's would wait in poll, where SO_RCVTIMEO does not hold.
    const ssize_t bytes = ::recv(socket_.native_handle(), block, sizeof block, 0);
    closed_ = bytes == 0 || (bytes < 0 && errno == ECONNRESET);
    if (bytes > 0) received_.append(block, static_cast<std::size_t>(bytes));
    return bytes > 0;
  }

  asio::io_context loop_;
  asio::ip::tcp::socket socket_;
  std::string received_;
  bool closed_ = false;
};

/// A server with the routes of one test, on loops of its own.
class TestServer {
 public:
  using AddRoutes = std::function<void(Router&, Loop&)>;

  explicit TestServer(AddRoutes add_routes, ServerOptions options = {}, unsigned threads = 1)
      : loops_(threads),
        server_(
            loops_, std::move(options),
            [add_routes = std::move(add_routes)](Loop& loop, std::size_t) {
              auto router = std::make_unique<Router>();
              add_routes(*router, loop);
              return router;
            },
            metrics_) {
    server_.start();
    loops_.start();
  }

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  Server& server() { return server_; }
  LoopPool& loops() { return loops_; }
  observe::Metrics& metrics() { return metrics_; }

 private:
  observe::Metrics metrics_;
  LoopPool loops_;
  Server server_;
};

}  // namespace bazar::http::testing
