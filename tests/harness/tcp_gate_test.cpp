#include "tests/harness/tcp_gate.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace bazar::harness {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// Gives back what it is sent, connection by connection, until it is destroyed.
class EchoServer {
 public:
  EchoServer() : acceptor_(loop_, {asio::ip::address_v4::loopback(), 0}) {
    asio::co_spawn(loop_, serve(), asio::detached);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~EchoServer() {
    loop_.stop();
    thread_.join();
  }
  [[nodiscard]] http::Endpoint endpoint() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

 private:
  Task<> serve() {
    for (;;) {
      Socket socket(loop_);
      co_await acceptor_.async_accept(socket, use_task);
      asio::co_spawn(loop_, echo(std::move(socket)), asio::detached);
    }
  }
  static Task<> echo(Socket socket) {
    std::array<char, 4096> bytes{};
    for (;;) {
      error_code error;
      const auto got =
          co_await socket.async_read_some(asio::buffer(bytes), asio::redirect_error(use_task, error));
      if (error) co_return;
      co_await asio::async_write(socket, asio::buffer(bytes, got), asio::redirect_error(use_task, error));
    }
  }

  Loop loop_{1};
  Acceptor acceptor_;
  std::thread thread_;
};

class TcpGateTest : public testing::Test {
 protected:
  TcpGateTest() { gate_.lead_to(server_.endpoint()); }

  tcp::socket connect() {
    tcp::socket socket(io_);
    socket.connect({asio::ip::make_address(gate_.endpoint().host), gate_.endpoint().port});
    return socket;
  }

  static void send(tcp::socket& socket, std::string_view text) {
    asio::write(socket, asio::buffer(text.data(), text.size()));
  }
  /// Blocks until so many bytes have come, or an error.
  static std::string receive(tcp::socket& socket, std::size_t count, error_code* error = nullptr) {
    std::string bytes(count, '\0');
    error_code failed;
    bytes.resize(asio::read(socket, asio::buffer(bytes), failed));
    if (error != nullptr) *error = failed;
    return bytes;
  }
  /// Nothing to read comes for a while. Slow machines can only make it pass.
  static bool silent(tcp::socket& socket) {
    pollfd waiting{socket.native_handle(), POLLIN, 0};
    return poll(&waiting, 1, 100) == 0;
  }

  asio::io_context io_;
  EchoServer server_;
  TcpGate gate_;
};

TEST_F(TcpGateTest, lets_through_both_ways) {
  auto socket = connect();
  send(socket, "hello");
  EXPECT_EQ(receive(socket, 5), "hello");
  EXPECT_EQ(gate_.connections(), 1U);
}

TEST_F(TcpGateTest, passes_on_that_the_client_has_finished) {
  auto socket = connect();
  send(socket, "bye");
  socket.shutdown(tcp::socket::shutdown_send);
  error_code error;
  EXPECT_EQ(receive(socket, 4, &error), "bye");
  EXPECT_EQ(error, asio::error::eof);
}

TEST_F(TcpGateTest, delays_each_way_and_keeps_the_order) {
  gate_.conduct({.delay = milliseconds{50}});
  auto socket = connect();
  const auto sent = Clock::now();
  send(socket, "a");
  send(socket, "b");
  EXPECT_EQ(receive(socket, 2), "ab");
  EXPECT_GE(Clock::now() - sent, milliseconds{100});
}

TEST_F(TcpGateTest, throttles) {
  gate_.conduct({.bytes_per_second = 10'000}, TcpGate::Way::to_client);
  auto socket = connect();
  const auto sent = Clock::now();
  send(socket, std::string(2'000, 'x'));
  EXPECT_EQ(receive(socket, 2'000).size(), 2'000U);
  EXPECT_GE(Clock::now() - sent, milliseconds{150});
}

TEST_F(TcpGateTest, cut_resets_what_is_open_and_refuses_what_is_new_until_it_passes_again) {
  auto socket = connect();
  send(socket, "x");
  receive(socket, 1);
  gate_.cut();
  error_code error;
  receive(socket, 1, &error);
  EXPECT_EQ(error, asio::error::connection_reset);
  EXPECT_THROW(connect(), boost::system::system_error);
  gate_.pass();
  auto again = connect();
  send(again, "y");
  EXPECT_EQ(receive(again, 1), "y");
}

TEST_F(TcpGateTest, holds_what_is_sent_and_delivers_it_when_it_passes_again) {
  auto socket = connect();
  gate_.conduct({.hold = true}, TcpGate::Way::to_server);
  send(socket, "late");
  EXPECT_TRUE(silent(socket));
  gate_.pass();
  EXPECT_EQ(receive(socket, 4), "late");
}

TEST_F(TcpGateTest, half_open_connections_stay_open_and_dead_and_later_ones_are_well) {
  auto before = connect();
  send(before, "x");
  receive(before, 1);
  gate_.half_open();
  auto during = connect();
  send(before, "y");
  send(during, "z");
  EXPECT_TRUE(silent(before));
  gate_.pass();
  EXPECT_TRUE(silent(during));
  EXPECT_TRUE(silent(before));
  auto after = connect();
  send(after, "w");
  EXPECT_EQ(receive(after, 1), "w");
}

TEST_F(TcpGateTest, fault_for_one_process_leaves_the_others_alone) {
  gate_.ask_who_connects(
      [first = true](std::uint16_t) mutable { return std::exchange(first, false) ? "victim" : "bystander"; });
  auto victim = connect();
  send(victim, "x");
  receive(victim, 1);
  auto bystander = connect();
  gate_.cut("victim");
  error_code error;
  receive(victim, 1, &error);
  EXPECT_EQ(error, asio::error::connection_reset);
  send(bystander, "y");
  EXPECT_EQ(receive(bystander, 1), "y");
}

TEST_F(TcpGateTest, waits_with_connections_until_it_leads_somewhere) {
  gate_.lead_to({});
  auto socket = connect();
  send(socket, "x");
  EXPECT_TRUE(silent(socket));
  gate_.lead_to(server_.endpoint());
  EXPECT_EQ(receive(socket, 1), "x");
}

}  // namespace
}  // namespace bazar::harness
