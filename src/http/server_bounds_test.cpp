#include "http/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>

#include "http/test_routes.hpp"

namespace bazar::http {
namespace {

using testing::add_routes;
using ::testing::AllOf;
using testing::get;
using testing::HasStatus;
using ::testing::HasSubstr;
using testing::much;
using testing::RawConnection;
using testing::TestServer;
using testing::wait_for_connections;

TEST(ServerTimeoutTest, cuts_slow_and_silent_clients) {
  ServerOptions options;
  options.limits.header_timeout = milliseconds(50);
  options.limits.body_timeout = milliseconds(50);
  options.limits.idle_timeout = milliseconds(50);
  TestServer server(add_routes, options);
  RawConnection silent(server.port());
  RawConnection slow_head(server.port());
  RawConnection slow_body(server.port());
  slow_head.send("GET /hello HT");
  slow_body.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_TRUE(silent.is_closed_by_server());
  EXPECT_TRUE(slow_head.is_closed_by_server());
  EXPECT_TRUE(slow_body.is_closed_by_server());
  EXPECT_THAT(server.metrics().expose(), HasSubstr(R"(bazar_http_rejected_total{reason="timeout"} 2)"));
}

TEST(ServerTimeoutTest, a_trickle_of_bytes_does_not_extend_the_time_for_a_head) {
  ServerOptions options;
  options.limits.header_timeout = milliseconds(100);
  TestServer server(add_routes, options);
  RawConnection connection(server.port());
  connection.send("GET /hello HTTP/1.1\r\nX: ");
  boost::system::error_code error;
  connection.socket().non_blocking(true);
  char byte = 0;
  // Ends only when the server cuts the connection, however often a byte comes.
  while (!error || error == asio::error::would_block) {
    ::send(connection.socket().native_handle(), "x", 1, MSG_NOSIGNAL);
    connection.socket().read_some(asio::buffer(&byte, 1), error);
    pollfd readable{.fd = connection.socket().native_handle(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, 5);
  }
  EXPECT_NE(error, asio::error::would_block);
}

TEST(ServerTimeoutTest, cuts_a_client_that_does_not_read) {
  ServerOptions options;
  options.limits.write_timeout = milliseconds(50);
  TestServer server(add_routes, options);
  RawConnection connection(server.port());
  connection.send(get("/much"));
  // Nothing is read until the server has given up.
  wait_for_connections(server, 1);
  wait_for_connections(server, 0);
  EXPECT_LT(connection.receive_all().size(), much);
}

TEST(ServerLimitTest, refuses_connections_past_the_bound) {
  TestServer server(add_routes, {.max_connections = 2});
  RawConnection first(server.port());
  RawConnection second(server.port());
  EXPECT_THAT(first.exchange(get("/hello")), HasStatus(200));
  EXPECT_THAT(second.exchange(get("/hello")), HasStatus(200));
  RawConnection third(server.port());
  EXPECT_THAT(third.receive_all(), AllOf(HasStatus(503), HasSubstr("Retry-After: 1\r\n")));
  EXPECT_THAT(first.exchange(get("/hello")), HasStatus(200));
}

}  // namespace
}  // namespace bazar::http
