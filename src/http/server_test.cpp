#include "http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>

#include <boost/asio/write.hpp>
#include <future>
#include <set>
#include <system_error>

#include "base/errors.hpp"
#include "base/oneshot.hpp"
#include "http/operations.hpp"
#include "http/problem.hpp"
#include "http/test_server.hpp"

namespace bazar::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawConnection;
using ::testing::StartsWith;
using testing::TestServer;

Task<Response> say_hello(Request&) { co_return text_response(200, "hello"); }
Task<Response> echo(Request& request) { co_return text_response(200, std::string(request.body)); }
Task<Response> tagged(Request&) {
  Response response = text_response(200, "tagged");
  response.set("ETag", "\"7\"").set("Cache-Status", "bazar; hit").set("Vary", "Accept");
  co_return response;
}
constexpr std::size_t much = std::size_t{32} << 20;  // more than the kernel's buffers hold
Task<Response> say_much(Request&) { co_return text_response(200, std::string(much, 'm')); }
template <class Error>
Task<Response> fail(Request&) {
  throw Error("secret 10.0.0.1");
  co_return no_content();
}
Task<Response> tell_time_left(Request& request) {
  const auto left = request.deadline - std::chrono::steady_clock::now();
  co_return text_response(200, left > std::chrono::seconds(1) ? "long" : "short");
}

void add_routes(Router& router, Loop&) {
  router.add(Method::get, "/hello", say_hello);
  router.add(Method::get, "/hello/{name}", [](Request& request) -> Task<Response> {
    co_return text_response(200, request.params.at(0) + std::string(request.query_param("q").value_or("")));
  });
  router.add(Method::post, "/hello", say_hello);
  router.add(Method::post, "/echo", BodyRule::json(1000), echo);
  router.add(Method::post, "/large", BodyRule::json(std::size_t{8} << 20), echo);
  router.add(Method::get, "/tagged", tagged);
  router.add(Method::get, "/much", say_much);
  router.add(Method::get, "/time", tell_time_left);
  router.add(Method::get, "/overloaded", fail<Overloaded>);
  router.add(Method::get, "/late", fail<DeadlineExceeded>);
  router.add(Method::get, "/unavailable", fail<Unavailable>);
  router.add(Method::get, "/bug", fail<std::logic_error>);
  router.add(Method::get, "/nothing", [](Request&) -> Task<Response> { co_return no_content(); });
}

std::string get(std::string_view target, std::string_view headers = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view type = "application/json") {
  std::string request = "POST " + std::string(target) +
                        " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  if (!type.empty()) request += "Content-Type: " + std::string(type) + "\r\n";
  return request + "\r\n" + std::string(body);
}

void wait_for_connections(TestServer& server, int count) {
  const std::string line = "bazar_http_connections " + std::to_string(count) + "\n";
  while (server.metrics().expose().find(line) == std::string::npos) std::this_thread::yield();
}

MATCHER_P(HasStatus, status, "") { return arg.starts_with("HTTP/1.1 " + std::to_string(status) + " "); }

class ServerTest : public ::testing::Test {
 protected:
  TestServer server_{add_routes};
};

TEST_F(ServerTest, answers_and_keeps_the_connection) {
  RawConnection connection(server_.port());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = connection.exchange(get("/hello"));
    EXPECT_THAT(answer, HasStatus(200));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nhello"));
    EXPECT_THAT(answer,
                AllOf(HasSubstr("\r\nDate: "), HasSubstr(" GMT\r\n"), HasSubstr("\r\ntraceparent: 00-")));
    EXPECT_THAT(answer, Not(HasSubstr("Connection:")));
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
  EXPECT_THAT(connection.exchange(get("/hello", "If-None-Match: *\r\n")), EndsWith("hello"));
}

TEST_F(ServerTest, tells_unknown_routes_and_methods) {
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

TEST_F(ServerTest, checks_the_media_type_where_the_route_has_one) {
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

TEST_F(ServerTest, refuses_a_long_body_before_it_is_sent) {
  RawConnection connection(server_.port());
  connection.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(connection.receive(), AllOf(HasStatus(413), HasSubstr("Connection: close\r\n")));
}

TEST_F(ServerTest, drains_so_that_an_early_refusal_arrives) {
  RawConnection connection(server_.port());
  connection.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n");
  connection.send(std::string(3'000'000, 'x'));
  EXPECT_THAT(connection.receive(), HasStatus(413));
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

TEST_F(ServerTest, refuses_heads_that_two_parsers_could_read_differently_and_closes) {
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

TEST_F(ServerTest, bounds_the_head) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/hello", "X: " + std::string(20'000, 'x') + "\r\n")), HasStatus(431));
  EXPECT_TRUE(RawConnection(server_.port())
                  .exchange("GET /" + std::string(20'000, 'x'))
                  .starts_with("HTTP/1.1 414 "));
}

TEST_F(ServerTest, writes_an_answer_that_is_larger_than_the_sockets_buffer) {
  RawConnection connection(server_.port());
  connection.send(get("/much") + get("/hello"));
  EXPECT_GT(connection.receive().size(), much);
  EXPECT_THAT(connection.receive(), EndsWith("hello"));
}

TEST_F(ServerTest, turns_outages_into_503_and_bugs_into_500_without_internals) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/overloaded")),
              AllOf(HasStatus(503), HasSubstr("Retry-After: 1\r\n"), HasSubstr("/problems/overloaded")));
  for (const char* path : {"/late", "/unavailable"}) {
    const std::string answer = connection.exchange(get(path));
    EXPECT_THAT(answer, AllOf(HasStatus(503), HasSubstr("Retry-After: 1\r\n"),
                              HasSubstr("/problems/unavailable"), Not(HasSubstr("secret"))));
  }
  EXPECT_THAT(connection.exchange(get("/bug")),
              AllOf(HasStatus(500), Not(HasSubstr("secret")), HasSubstr("problem+json")));
  EXPECT_THAT(connection.exchange(get("/hello")), HasStatus(200));
}

TEST_F(ServerTest, clips_the_deadline_to_what_the_client_says) {
  RawConnection connection(server_.port());
  EXPECT_THAT(connection.exchange(get("/time")), EndsWith("long"));
  EXPECT_THAT(connection.exchange(get("/time", "Bazar-Deadline-Ms: 500\r\n")), EndsWith("short"));
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

TEST(ServerListenTest, a_port_that_is_taken_is_refused_also_where_it_is_shared_between_loops) {
  for (const unsigned threads : {1U, 2U}) {
    TestServer server(add_routes, {}, threads);
    LoopPool loops(threads);
    observe::Metrics metrics;
    const auto make_router = [](Loop&, std::size_t) { return std::make_unique<Router>(); };
    EXPECT_THROW(Server(loops, {.port = server.port()}, make_router, metrics), std::system_error) << threads;
  }
}

TEST(ServerListenTest, refuses_addresses_that_are_not_ours) {
  LoopPool loops(1);
  observe::Metrics metrics;
  const auto make_router = [](Loop&, std::size_t) { return std::make_unique<Router>(); };
  EXPECT_THROW(Server(loops, {.host = "192.0.2.1"}, make_router, metrics), std::system_error);
  EXPECT_THROW(Server(loops, {.host = "host.invalid"}, make_router, metrics), std::system_error);
}

TEST(ServerListenTest, spreads_connections_over_its_loops) {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  TestServer server(
      [&](Router& router, Loop&) {
        router.add(Method::get, "/", [&](Request&) {
          const std::lock_guard lock(mutex);
          seen.insert(std::this_thread::get_id());
          return []() -> Task<Response> { co_return no_content(); }();
        });
      },
      {}, 2);
  // Which loop gets a connection is the kernel's hash of its ports: 64 on one side would be a 2⁻⁶³ chance.
  for (int i = 0; i < 64; ++i) EXPECT_THAT(RawConnection(server.port()).exchange(get("/")), HasStatus(204));
  EXPECT_EQ(seen.size(), 2U);
}

TEST(ServerConcurrencyTest, serves_many_connections_on_two_loops) {
  TestServer server(add_routes, {}, 2);
  std::atomic<int> right = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      RawConnection connection(server.port());
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(c) + "." + std::to_string(i);
        if (connection.exchange(post("/echo", text)).ends_with("\r\n\r\n" + text)) ++right;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(right, 1600);
}

/// A route that waits until the test lets it answer.
class Gate {
 public:
  void add_to(Router& router) {
    router.add(Method::get, "/wait", [this](Request&) { return wait(); });
  }
  void wait_until_entered() { entered_.get_future().wait(); }
  void open() {
    Completion<int> completion = *std::move(completion_);
    completion_.reset();  // it must not outlive its loop
    completion.set_value(0);
  }

 private:
  Task<Response> wait() {
    co_await suspend_until_complete<int>([this](Completion<int> completion) {
      completion_.emplace(std::move(completion));
      entered_.set_value();
    });
    co_return text_response(200, "waited");
  }
  std::promise<void> entered_;
  std::optional<Completion<int>> completion_;
};

TEST(ServerStopTest, lets_requests_under_way_finish_and_closes_idle_connections) {
  Gate gate;
  TestServer server([&gate](Router& router, Loop& loop) {
    add_routes(router, loop);
    gate.add_to(router);
  });
  RawConnection idle(server.port());
  idle.exchange(get("/hello"));
  RawConnection busy(server.port());
  busy.send(get("/wait"));
  gate.wait_until_entered();
  std::thread stopper([&] { server.server().stop(milliseconds(10'000)); });
  EXPECT_TRUE(idle.is_closed_by_server());
  EXPECT_THROW(RawConnection(server.port()), boost::system::system_error) << "accepts no more";
  gate.open();
  EXPECT_THAT(busy.receive(), AllOf(HasSubstr("Connection: close\r\n"), EndsWith("waited")));
  stopper.join();
}

TEST(ServerStopTest, cuts_what_is_stuck_after_the_grace) {
  TestServer server([](Router& router, Loop& loop) {
    router.add(Method::get, "/stuck", [&loop](Request&) {
      return [](Loop& own) -> Task<Response> {
        Timer timer(own, std::chrono::hours(1));
        co_await timer.async_wait(use_task);
        co_return no_content();
      }(loop);
    });
  });
  RawConnection stuck(server.port());
  RawConnection half(server.port());
  stuck.send(get("/stuck"));
  half.send("GET /st");
  wait_for_connections(server, 2);
  const SteadyTime before = std::chrono::steady_clock::now();
  server.server().stop(milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::minutes(1));
  EXPECT_TRUE(stuck.is_closed_by_server());
  EXPECT_TRUE(half.is_closed_by_server());
  EXPECT_THAT(server.metrics().expose(), HasSubstr("bazar_http_connections 0"));
}

TEST(ServerStopTest, ends_although_a_handler_never_does) {
  Gate gate;
  TestServer server([&gate](Router& router, Loop&) { gate.add_to(router); });
  RawConnection connection(server.port());
  connection.send(get("/wait"));
  gate.wait_until_entered();
  server.server().stop(milliseconds(0));
  EXPECT_TRUE(connection.is_closed_by_server());
  gate.open();
}

class OperationsTest : public ::testing::Test {
 protected:
  static void add(Router& router, observe::Metrics& metrics, std::optional<std::string> reason) {
    add_operations(router, [reason]() { return ready(reason); }, metrics, "front \"end\"");
    router.add(Method::get, "/private", require_service_token("token", say_hello));
  }
  static Task<std::optional<std::string>> ready(std::optional<std::string> reason) { co_return reason; }

  observe::Metrics metrics_;
};

TEST_F(OperationsTest, serves_what_every_server_has) {
  TestServer server([this](Router& router, Loop&) { add(router, metrics_, std::nullopt); });
  RawConnection connection(server.port());
  metrics_.counter("bazar_something_total", "Something");
  EXPECT_THAT(connection.exchange(get("/healthz")), HasStatus(200));
  EXPECT_THAT(connection.exchange(get("/readyz")), HasStatus(200));
  EXPECT_THAT(connection.exchange(get("/metrics")),
              AllOf(HasStatus(200), HasSubstr("bazar_something_total 0")));
  EXPECT_THAT(connection.exchange(get("/version")),
              EndsWith("{\"name\":\"front \\\"end\\\"\",\"version\":\"" + std::string(version()) + "\"}"));
}

TEST_F(OperationsTest, says_why_it_is_not_ready) {
  TestServer server([this](Router& router, Loop&) { add(router, metrics_, "no database"); });
  EXPECT_THAT(RawConnection(server.port()).exchange(get("/readyz")),
              AllOf(HasStatus(503), HasSubstr("no database")));
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
    asio::co_spawn(loop, handler(request), [&status](const std::exception_ptr&, const Response& response) {
      status = response.status;
    });
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

TEST(ProblemTest, escapes_its_texts) {
  const Response response = to_response({.status = 403,
                                         .slug = "out-of-stock",
                                         .title = "a\"b",
                                         .detail = "c\nd",
                                         .members = {{"available", "0"}}});
  EXPECT_EQ(response.body,
            R"({"type":"/problems/out-of-stock","title":"a\"b","status":403,"detail":"c\nd","available":0})");
  EXPECT_EQ(response.header("content-type"), "application/problem+json");
}

}  // namespace
}  // namespace bazar::http
