#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace bazar::load::testing {

namespace asio = boost::asio;

/// What a server does with one connection, blocking; when it returns or throws, the connection is closed.
class RawConnection {
 public:
  explicit RawConnection(asio::ip::tcp::socket& socket) : socket_(socket) {}

  /// Waits for one request without a body. Throws when the client has gone.
  void receive() {
    const std::size_t bytes = asio::read_until(socket_, asio::dynamic_buffer(received_), "\r\n\r\n");
    received_.erase(0, bytes);
  }
  void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }

 private:
  asio::ip::tcp::socket& socket_;
  std::string received_;
};

/// A server that treats connections as no HTTP server would, a thread each.
class RawServer {
 public:
  using Behaviour = std::function<void(RawConnection&)>;

  explicit RawServer(Behaviour behaviour)
      : behaviour_(std::move(behaviour)),
        acceptor_(loop_, {asio::ip::address_v4::loopback(), 0}),
        port_(acceptor_.local_endpoint().port()),
        accepting_([this] { accept(); }) {}
  ~RawServer() {
    // A listening socket that is shut down ends its accept(); closing it would not.
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    accepting_.join();
    for (Served& served : served_) ::shutdown(served.socket.native_handle(), SHUT_RDWR);
    for (Served& served : served_) served.thread.join();
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Served {
    asio::ip::tcp::socket socket;
    std::thread thread;
  };

  void accept() {
    while (true) {
      boost::system::error_code error;
      asio::ip::tcp::socket socket(loop_);
      acceptor_.accept(socket, error);
      if (error) return;
      socket.set_option(asio::ip::tcp::no_delay(true));
      Served& served = served_.emplace_back(std::move(socket));
      served.thread = std::thread([this, &served] { serve(served.socket); });
    }
  }

  void serve(asio::ip::tcp::socket& socket) {
    RawConnection connection(socket);
    try {
      behaviour_(connection);
    } catch (const boost::system::system_error&) {
      // The client has gone.
    }
    // Not closed: the destructor may be about to shut it down.
    ::shutdown(socket.native_handle(), SHUT_RDWR);
  }

  const Behaviour behaviour_;
  asio::io_context loop_;
  asio::ip::tcp::acceptor acceptor_;
  const std::uint16_t port_;
  std::list<Served> served_;
  std::thread accepting_;
};

}  // namespace bazar::load::testing
