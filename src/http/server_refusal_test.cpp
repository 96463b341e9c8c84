#include "http/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/test_routes.hpp"

namespace bazar::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using testing::get;
using testing::HasStatus;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::post;
using testing::RawConnection;
using testing::TestServer;

class ServerRefusalTest : public ::testing::Test {
 protected:
  TestServer server_{testing::add_routes};
};

TEST_F(ServerRefusalTest, tells_unknown_routes_and_methods) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/none")),
              AllOf(HasStatus(404), HasSubstr(R"("type":"/problems/not-found")")));
  EXPECT_THAT(connection.exchange("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(HasStatus(405), HasSubstr("Allow: GET, HEAD, POST\r\n")));
  EXPECT_THAT(connection.exchange("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(HasStatus(405), HasSubstr("Allow: POST\r\n")));
  EXPECT_THAT(connection.exchange("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n"), HasStatus(405));
  EXPECT_THAT(connection.exchange("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), HasStatus(404));
  // A short body of a refused request is read away.
  EXPECT_THAT(connection.exchange(post("/none", "{}")), HasStatus(404));
  EXPECT_THAT(connection.exchange(get("/hello")), HasStatus(200));
}

TEST_F(ServerRefusalTest, checks_the_media_type_where_the_route_has_one) {
  RawConnection connection(server_.port());
  for (const char* good : {"application/json", "Application/JSON; charset=UTF-8",
                           "application/json;charset=\"utf-8\"", "application/json; x=y"}) {
    EXPECT_THAT(connection.exchange(post("/echo", "{}", good)), AllOf(HasStatus(200), EndsWith("{}")))
        << good;
  }
  for (const char* bad : {"", "text/plain", "application/json; charset=latin1", "application/jsonx"}) {
    EXPECT_THAT(connection.exchange(post("/echo", "{}", bad)), HasStatus(415)) << bad;
  }
  EXPECT_THAT(connection.exchange(post("/echo", "", "")), HasStatus(200));
  EXPECT_THAT(connection.exchange(post("/hello", "anything", "")), HasStatus(200))
      << "a route without a rule ignores bodies";
  EXPECT_THAT(
      connection.exchange("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: "
                          "application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
      HasStatus(415));
}

TEST_F(ServerRefusalTest, refuses_a_long_body_before_it_is_sent) {
  RawConnection connection(server_.port());
  connection.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(connection.receive(), AllOf(HasStatus(413), HasSubstr("Connection: close\r\n")));
}

TEST_F(ServerRefusalTest, drains_so_that_an_early_refusal_arrives) {
  RawConnection connection(server_.port());
  connection.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n");
  connection.send(std::string(3'000'000, 'x'));
  EXPECT_THAT(connection.receive(), HasStatus(413));
}

TEST_F(ServerRefusalTest, refuses_heads_that_two_parsers_could_read_differently_and_closes) {
  for (const char* bad :
       {"GET /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", "GET /hello HTTP/1.1\nHost: a\n\n",
        "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", "\x16\x03\x01"}) {
    RawConnection connection(server_.port());
    connection.send(bad);
    connection.send(get("/hello"));  // what a smuggler hides must not be answered
    connection.socket().shutdown(asio::socket_base::shutdown_send);
    const std::string all = connection.receive_all();
    EXPECT_THAT(all, AllOf(HasStatus(400), HasSubstr("Connection: close\r\n"),
                           HasSubstr("/problems/malformed-request")))
        << bad;
    EXPECT_EQ(all.find("HTTP/1.1 ", 1), std::string::npos) << bad;
  }
}

TEST_F(ServerRefusalTest, bounds_the_head) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/hello", "X: " + std::string(20'000, 'x') + "\r\n")), HasStatus(431));
  EXPECT_TRUE(RawConnection(server_.port())
                  .exchange("GET /" + std::string(20'000, 'x'))
                  .starts_with("HTTP/1.1 414 "));
}

TEST_F(ServerRefusalTest, turns_outages_into_503_and_bugs_into_500_without_internals) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/overloaded")),
              AllOf(HasStatus(503), HasSubstr("Retry-After: 1\r\n"), HasSubstr("/problems/overloaded")));
  for (const char* path : {"/late", "/unavailable", "/later/unavailable"}) {
    const std::string answer = connection.exchange(get(path));
    EXPECT_THAT(answer, AllOf(HasStatus(503), HasSubstr("Retry-After: 1\r\n"),
                              HasSubstr("/problems/unavailable"), Not(HasSubstr("secret"))));
  }
  EXPECT_THAT(connection.exchange(get("/bug")),
              AllOf(HasStatus(500), Not(HasSubstr("secret")), HasSubstr("problem+json")));
  EXPECT_THAT(connection.exchange(get("/hello")), HasStatus(200));
}

Response write_with_accept(const Request& request, const Problem& problem) {
  const std::string accept(request.header("Accept").value_or("nothing"));
  return text_response(problem.status, accept + " asked for, " + problem.slug);
}

TEST(ServerProblemWriterTest, writes_what_no_handler_answered_as_the_request_wants_it) {
  TestServer server([](Router& router, Loop& loop) {
    testing::add_routes(router, loop);
    router.set_problem_writer(write_with_accept);
  });
  RawConnection connection(server.port());
  const auto exchange = [&](const char* line, const char* fields = "") {
    return connection.exchange(std::string(line) + " HTTP/1.1\r\nHost: x\r\nAccept: text/a\r\n" + fields +
                               "\r\n");
  };
  EXPECT_THAT(exchange("GET /none"), AllOf(HasStatus(404), EndsWith("text/a asked for, not-found")));
  EXPECT_THAT(exchange("GET /hello?%"), AllOf(HasStatus(400), EndsWith("text/a asked for, invalid-request")));
  EXPECT_THAT(exchange("DELETE /hello"), AllOf(HasStatus(405), HasSubstr("Allow: GET, HEAD, POST\r\n"),
                                               EndsWith("text/a asked for, method-not-allowed")));
  EXPECT_THAT(exchange("GET /hello", "Expect: tea\r\n"), EndsWith("text/a asked for, expectation-failed"));
  EXPECT_THAT(exchange("POST /echo", "Content-Type: text/b\r\nContent-Length: 0\r\n"), HasStatus(200));
  EXPECT_THAT(exchange("GET /bug"), AllOf(HasStatus(500), EndsWith("text/a asked for, internal-error")));
  EXPECT_THAT(exchange("GET /late"), AllOf(HasStatus(503), EndsWith("text/a asked for, unavailable")));
  EXPECT_THAT(connection.exchange(get("/none")), EndsWith("nothing asked for, not-found"));
  EXPECT_THAT(exchange("POST /echo", "Content-Type: application/json\r\nContent-Length: 1001\r\n"),
              AllOf(HasStatus(413), EndsWith("text/a asked for, content-too-large")));
}

TEST(ServerProblemWriterTest, knows_nothing_of_a_request_whose_head_could_not_be_read) {
  TestServer server([](Router& router, Loop& loop) {
    testing::add_routes(router, loop);
    router.set_problem_writer(write_with_accept);
  });
  RawConnection connection(server.port());
  connection.exchange(get("/hello", "Accept: text/a\r\n"));
  EXPECT_THAT(connection.exchange("GET /hello HTTP/1.1\r\nAccept: text/b\r\n\r\n"),
              AllOf(HasStatus(400), EndsWith("nothing asked for, malformed-request")));
}

}  // namespace
}  // namespace bazar::http
