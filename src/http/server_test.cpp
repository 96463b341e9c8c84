#include "http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/test_routes.hpp"

namespace bazar::http {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::EndsWith;
using testing::get;
using testing::HasStatus;
using ::testing::HasSubstr;
using testing::much;
using ::testing::Not;
using testing::post;
using testing::RawConnection;
using ::testing::StartsWith;
using testing::TestServer;

class ServerTest : public ::testing::Test {
 protected:
  TestServer server_{testing::add_routes};
};

TEST_F(ServerTest, answers_and_keeps_the_connection) {
  RawConnection connection(server_.port());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = connection.exchange(get("/hello"));
    EXPECT_THAT(answer, HasStatus(200));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nhello"));
    EXPECT_THAT(answer, AllOf(HasSubstr("\r\nDate: "), HasSubstr(" GMT\r\n")));
    EXPECT_THAT(answer, Not(AnyOf(HasSubstr("Connection:"), HasSubstr("traceparent:"))));
  }
}

TEST_F(ServerTest, answers_pipelined_requests_in_order) {
  RawConnection connection(server_.port());
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += get("/hello/" + std::to_string(i) + "-");
  connection.send(requests);
  for (int i = 0; i < 50; ++i)
    EXPECT_THAT(connection.receive(), EndsWith("\r\n\r\n" + std::to_string(i) + "-"));
}

TEST_F(ServerTest, decodes_path_and_query) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/hello/a%2Fb?q=+c%C3%A9")), EndsWith("\r\n\r\na/b c\xC3\xA9"));
  EXPECT_THAT(connection.exchange(get("http://other:80/hello")), HasStatus(200));
  EXPECT_THAT(connection.exchange(get("http://other?a=%")), HasStatus(400));
  for (const char* bad :
       {"/hello/%", "/hello/%00", "/hello/%FF", "/hello?a=%", "/hello?a=%0A", "*", "hello", "/hello#a"}) {
    EXPECT_THAT(connection.exchange(get(bad)), AllOf(HasStatus(400), HasSubstr("application/problem+json")))
        << bad;
  }
}

TEST_F(ServerTest, keeps_the_connection_rules_of_both_versions) {
  {
    RawConnection connection(server_.port());
    EXPECT_THAT(connection.exchange("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
                HasSubstr("Connection: keep-alive\r\n"));
    EXPECT_THAT(connection.exchange("GET /hello HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(connection.is_closed_by_server());
  }
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/hello", "Connection: close\r\n")),
              HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(connection.is_closed_by_server());
}

TEST_F(ServerTest, leaves_the_body_out_for_head_and_204) {
  RawConnection connection(server_.port());
  connection.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(connection.receive(false),
              AllOf(HasStatus(200), HasSubstr("Content-Length: 5\r\n"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(connection.exchange(get("/nothing")), AllOf(HasStatus(204), Not(HasSubstr("Content-Length"))));
  EXPECT_THAT(connection.exchange(get("/hello")), EndsWith("hello"));
}

TEST_F(ServerTest, answers_304_when_the_client_has_this_version) {
  RawConnection connection(server_.port());
  for (const char* known : {"\"7\"", "W/\"7\"", "\"6\" , \"7\"", "*"}) {
    const std::string answer =
        connection.exchange(get("/tagged", "If-None-Match: " + std::string(known) + "\r\n"));
    EXPECT_THAT(answer,
                AllOf(HasStatus(304), HasSubstr("ETag: \"7\"\r\n"), HasSubstr("Cache-Status: bazar; hit\r\n"),
                      HasSubstr("Vary: Accept\r\n"), EndsWith("\r\n\r\n"), Not(HasSubstr("Content-"))))
        << known;
  }
  EXPECT_THAT(connection.exchange(get("/tagged", "If-None-Match: \"8\", \"77\"\r\n")), EndsWith("tagged"));
  EXPECT_THAT(
      connection.exchange(get("/prepared/fields", "If-None-Match: \"7\"\r\n")),
      AllOf(HasStatus(304), HasSubstr("ETag: \"7\"\r\n"), EndsWith("\r\n\r\n"), Not(HasSubstr("Content-"))));
  EXPECT_THAT(connection.exchange(get("/hello", "If-None-Match: *\r\n")), EndsWith("hello"));
}

TEST_F(ServerTest, sends_a_prepared_answer_with_its_fields_or_with_others) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/prepared")),
              AllOf(HasSubstr("Cache-Status: bazar; hit\r\n"), EndsWith("tagged")));
  EXPECT_THAT(connection.exchange(get("/prepared/fields")),
              AllOf(HasSubstr("Cache-Status: bazar; fwd=miss\r\n"), Not(HasSubstr("hit")),
                    HasSubstr("X-Other: o\r\n"), HasSubstr("ETag: \"7\"\r\n"),
                    HasSubstr("Content-Type: text/plain\r\n"), HasSubstr("Content-Length: 6\r\n"),
                    EndsWith("\r\n\r\ntagged")));
}

TEST_F(ServerTest, waits_for_an_answer_that_is_told_later) {
  RawConnection connection(server_.port());
  connection.send(get("/later/answer") + get("/later/coroutine") + get("/hello"));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(connection.receive(), EndsWith("\r\n\r\nhello"));
}

TEST_F(ServerTest, reads_large_and_chunked_bodies) {
  RawConnection connection(server_.port());
  const std::string body(5 << 20, 'b');
  EXPECT_THAT(connection.exchange(post("/large", body)), EndsWith("\r\n\r\n" + body));
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n";
  EXPECT_THAT(connection.exchange(head + "2;a=b\r\nab\r\n1\r\nc\r\n0\r\nX-Trailer: t\r\n\r\n"),
              EndsWith("\r\n\r\nabc"));
  EXPECT_THAT(connection.exchange(get("/hello")), HasStatus(200));
  EXPECT_THAT(connection.exchange(head + "3e9\r\n"), HasStatus(413));
}

TEST_F(ServerTest, asks_for_a_body_that_waits_for_it) {
  RawConnection connection(server_.port());
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: "
      "100-continue\r\nContent-Length: ";
  connection.send(head + "2\r\n\r\n");
  EXPECT_THAT(connection.receive(), StartsWith("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_THAT(connection.exchange("{}"), EndsWith("\r\n\r\n{}"));
  EXPECT_THAT(connection.exchange(get("/hello", "Expect: tea\r\n")), HasStatus(417));
  EXPECT_THAT(connection.exchange(head + "2000\r\n\r\n"), HasStatus(413))
      << "refused without asking for the body";
}

TEST_F(ServerTest, writes_an_answer_that_is_larger_than_the_sockets_buffer) {
  RawConnection connection(server_.port());
  connection.send(get("/much") + get("/hello"));
  EXPECT_GT(connection.receive().size(), much);
  EXPECT_THAT(connection.receive(), EndsWith("hello"));
}

TEST_F(ServerTest, clips_the_deadline_to_what_the_client_says) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/time")), EndsWith("long"));
  EXPECT_THAT(connection.exchange(get("/time", "Bazar-Deadline-Ms: 500\r\n")), EndsWith("short"));
  EXPECT_THAT(connection.exchange(get("/time", "Bazar-Deadline-Ms: 45000\r\n")), EndsWith("longest"));
  for (const char* bad : {"0", "-1", "600001", "x", "1 ", "1.5", ""}) {
    const std::string answer =
        connection.exchange(get("/time", "Bazar-Deadline-Ms: " + std::string(bad) + "\r\n"));
    EXPECT_THAT(answer, HasStatus(bad == std::string("1 ") ? 200 : 400)) << bad;
  }
}

TEST_F(ServerTest, passes_the_trace_on) {
  RawConnection connection(server_.port());
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_THAT(connection.exchange(get("/hello", "traceparent: 00-" + id + "-00f067aa0ba902b7-01\r\n")),
              HasSubstr("traceparent: 00-" + id + "-"));
  EXPECT_THAT(connection.exchange(get("/hello", "traceparent: nonsense\r\n")), HasSubstr("traceparent: 00-"));
  EXPECT_THAT(connection.exchange(get("/none")), HasSubstr("traceparent: 00-")) << "to be complained of";
}

TEST_F(ServerTest, counts_requests_by_route_method_and_status) {
  RawConnection connection(server_.port());
  connection.exchange(get("/hello/a"));
  connection.exchange(get("/hello/b"));
  connection.exchange(get("/none"));
  const std::string text = server_.metrics().expose();
  EXPECT_THAT(text,
              HasSubstr(R"(bazar_http_requests_total{method="GET",route="/hello/{name}",status="200"} 2)"));
  EXPECT_THAT(
      text, HasSubstr(R"(bazar_http_request_duration_seconds_count{method="GET",route="/hello/{name}"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(bazar_http_rejected_total{reason="not-found"} 1)"));
  EXPECT_THAT(text, HasSubstr("bazar_http_connections 1"));
}

TEST(ServerHeadersTest, every_answer_has_the_servers_fields_unless_it_sets_them_itself) {
  TestServer server(
      [](Router& router, Loop& loop) {
        testing::add_routes(router, loop);
        router.add(Method::get, "/signed", [](Request&) -> Task<Response> {
          Response response = text_response(200, "signed");
          response.set("x-served-by", "another");
          co_return response;
        });
      },
      {.max_connections = 2, .headers = {{"X-Served-By", "test-1"}, {"Vary", "Accept"}}});
  RawConnection connection(server.port());
  for (const char* target : {"/hello", "/none", "/hello/%", "/bug", "/unavailable", "/nothing"}) {
    EXPECT_THAT(connection.exchange(get(target)),
                AllOf(HasSubstr("\r\nX-Served-By: test-1\r\n"), HasSubstr("\r\nVary: Accept\r\n")))
        << target;
  }
  EXPECT_THAT(connection.exchange(get("/signed")),
              AllOf(HasSubstr("\r\nx-served-by: another\r\n"), Not(HasSubstr("test-1"))));
  EXPECT_THAT(connection.exchange("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("test-1"));
  RawConnection malformed(server.port());
  EXPECT_THAT(malformed.exchange("GET\r\n\r\n"), AllOf(HasStatus(400), HasSubstr("test-1")));
  RawConnection second(server.port());
  second.exchange(get("/hello"));
  EXPECT_THAT(RawConnection(server.port()).receive_all(), AllOf(HasStatus(503), HasSubstr("test-1")));
}

}  // namespace
}  // namespace bazar::http
