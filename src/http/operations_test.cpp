#include "http/operations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include "http/test_routes.hpp"
#include "http/testing/reply.hpp"

namespace bazar::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using testing::get;
using testing::HasStatus;
using ::testing::HasSubstr;
using testing::RawConnection;
using testing::say_hello;
using testing::TestServer;

class OperationsTest : public ::testing::Test {
 protected:
  static void add(Router& router, observe::Metrics& metrics, std::optional<std::string> reason) {
    add_operations(router, [reason]() { return ready(reason); }, metrics, "front \"end\"");
    router.add(Method::get, "/private", require_service_token("token", say_hello));
  }
  static auto is_of_this_process() {
    return HasSubstr("\r\nBazar-Pid: " + std::to_string(::getpid()) + "\r\n");
  }
  static Task<std::optional<std::string>> ready(std::optional<std::string> reason) { co_return reason; }

  observe::Metrics metrics_;
};

TEST_F(OperationsTest, serves_what_every_server_has) {
  TestServer server([this](Router& router, Loop&) { add(router, metrics_, std::nullopt); });
  RawConnection connection(server.port());
  metrics_.counter("bazar_something_total", "Something");
  EXPECT_THAT(connection.exchange(get("/healthz")), AllOf(HasStatus(200), is_of_this_process()));
  EXPECT_THAT(connection.exchange(get("/readyz")), AllOf(HasStatus(200), is_of_this_process()));
  EXPECT_THAT(connection.exchange(get("/metrics")),
              AllOf(HasStatus(200), HasSubstr("bazar_something_total 0")));
  EXPECT_THAT(connection.exchange(get("/version")),
              EndsWith("{\"name\":\"front \\\"end\\\"\",\"version\":\"" + std::string(version()) + "\"}"));
}

TEST_F(OperationsTest, says_why_it_is_not_ready) {
  TestServer server([this](Router& router, Loop&) { add(router, metrics_, "no database"); });
  EXPECT_THAT(RawConnection(server.port()).exchange(get("/readyz")),
              AllOf(HasStatus(503), HasSubstr("no database"), is_of_this_process()));
}

TEST_F(OperationsTest, lets_loopback_in_without_a_token_but_nobody_with_a_wrong_one) {
  TestServer server([this](Router& router, Loop&) { add(router, metrics_, std::nullopt); });
  RawConnection connection(server.port());
  EXPECT_THAT(connection.exchange(get("/private")), HasStatus(200));
  EXPECT_THAT(connection.exchange(get("/private", "Authorization: bearer token\r\n")), HasStatus(200));
  for (const char* bad : {"Bearer wrong", "Bearer ", "token", "Basic token", ""}) {
    EXPECT_THAT(connection.exchange(get("/private", "Authorization: " + std::string(bad) + "\r\n")),
                AllOf(HasStatus(401), HasSubstr("WWW-Authenticate: Bearer\r\n")))
        << bad;
  }
}

TEST_F(OperationsTest, wants_the_token_from_other_machines) {
  const Handler handler = require_service_token("token", say_hello);
  const auto status_for = [&handler](const char* peer, std::vector<HeaderView> headers) {
    Loop loop(1);
    Request request;
    request.peer = asio::ip::make_address(peer);
    request.headers = std::move(headers);
    unsigned status = 0;
    asio::co_spawn(
        loop, testing::whole(handler(request)),
        [&status](const std::exception_ptr&, const Response& response) { status = response.status; });
    loop.run();
    return status;
  };
  EXPECT_EQ(status_for("::1", {}), 200U);
  EXPECT_EQ(status_for("::ffff:127.0.0.1", {}), 200U);
  EXPECT_EQ(status_for("::ffff:10.0.0.1", {}), 401U);
  EXPECT_EQ(status_for("10.0.0.1", {}), 401U);
  EXPECT_EQ(status_for("10.0.0.1", {{"authorization", "Bearer token"}}), 200U);
  EXPECT_EQ(status_for("10.0.0.1", {{"authorization", "Bearer toke"}}), 401U);
}

}  // namespace
}  // namespace bazar::http
