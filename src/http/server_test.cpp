#include "http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/write.hpp>

#include "http/test_server.hpp"

namespace bazar::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawConnection;
using ::testing::StartsWith;
using testing::TestServer;

Task<Response> say_hello(Request&) { co_return text_response(200, "hello"); }

void hello(Router& router, Loop&) { router.add(Method::get, "/hello", say_hello); }

TEST(ServerTest, answers_and_keeps_the_connection) {
  TestServer server(hello);
  RawConnection connection(server.port());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = connection.exchange("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nhello"));
    EXPECT_THAT(answer, Not(HasSubstr("Connection:")));
  }
}

}  // namespace
}  // namespace bazar::http
