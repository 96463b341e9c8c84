#include "http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "http/problem.hpp"
#include "http/testing/test_server.hpp"

namespace bazar::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TestServer;

SteadyTime in(milliseconds left) { return std::chrono::steady_clock::now() + left; }

/// Sends from a loop of its own, as a blocking call.
class TestClient {
 public:
  explicit TestClient(ClientOptions options = {})
      : client_(std::make_unique<Client>(loop_, std::move(options))) {}

  ClientResponse send(std::uint16_t port, ClientRequest request, milliseconds left = milliseconds(10'000)) {
    std::optional<std::variant<ClientResponse, std::exception_ptr>> result;
    asio::co_spawn(loop_, client_->send({"127.0.0.1", port}, std::move(request), in(left)),
                   [&result](const std::exception_ptr& error, ClientResponse response) {
                     if (error) {
                       result = error;
                     } else {
                       result = std::move(response);
                     }
                   });
    loop_.restart();
    while (!result) loop_.run_one();
    if (auto* error = std::get_if<std::exception_ptr>(&*result)) std::rethrow_exception(*error);
    return std::get<ClientResponse>(*std::move(result));
  }

  Loop& loop() { return loop_; }
  std::unique_ptr<Client>& client() { return client_; }

 private:
  Loop loop_{1};
  std::unique_ptr<Client> client_;
};

/// A server that answers each accepted connection with a script of its own: one read of a head, one text, and
/// the end.
class ScriptedServer {
 public:
  struct Turn {
    std::string answer;
    bool close_after = false;
    bool stop_listening = false;  ///< before anything else
  };
  /// `connections[i]` are the turns of the i-th connection; after them it stays open unless the last turn
  /// closes.
  explicit ScriptedServer(std::vector<std::vector<Turn>> connections)
      : acceptor_(loop_, {asio::ip::address_v4::loopback(), 0}),
        thread_([this, connections = std::move(connections)] { run(connections); }) {}
  ~ScriptedServer() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // ends an accept that nobody came for
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }
  /// Resolved when connection `index` has been closed by the script.
  void wait_until_closed() { closed_.get_future().wait(); }

 private:
  void run(const std::vector<std::vector<Turn>>& connections) {
    for (const auto& turns : connections) {
      boost::system::error_code error;
      auto& socket = sockets_.emplace_back(loop_);
      acceptor_.accept(socket, error);
      if (error) return;
      std::string buffer;
      for (const Turn& turn : turns) {
        const std::size_t size = asio::read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", error);
        if (error) break;
        {
          const std::lock_guard lock(mutex_);
          heads_.push_back(buffer.substr(0, size));
        }
        buffer.erase(0, size);
        if (turn.stop_listening) ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        asio::write(socket, asio::buffer(turn.answer), error);
        if (turn.close_after) {
          socket.close();
          closed_.set_value();
        }
      }
    }
  }

  asio::io_context loop_;
  asio::ip::tcp::acceptor acceptor_;
  std::vector<asio::ip::tcp::socket> sockets_;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::promise<void> closed_;
  std::thread thread_;
};

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Task<Response> describe_request(Request& request) {
  std::string text(to_string(request.method));
  for (const auto& header : request.headers)
    text.append("\n").append(header.name).append("=").append(header.value);
  text.append("\n\n").append(request.body);
  co_return text_response(200, text);
}

TEST(ClientTest, a_deadline_that_the_request_names_goes_instead_of_the_time_left) {
  TestServer server(
      [](Router& router, Loop&) { router.add(Method::post, "/echo", BodyRule::json(), describe_request); });
  TestClient client;
  const auto response = client.send(
      server.port(),
      {.method = Method::post, .target = "/echo", .headers = {{"Bazar-Deadline-Ms", "77"}}, .body = "{}"});
  EXPECT_THAT(response.body, HasSubstr("\nBazar-Deadline-Ms=77\n"));
  EXPECT_EQ(response.body.find("Bazar-Deadline-Ms"), response.body.rfind("Bazar-Deadline-Ms"));
}

TEST(ClientTest, sends_what_every_request_carries) {
  TestServer server(
      [](Router& router, Loop&) { router.add(Method::post, "/echo", BodyRule::json(), describe_request); });
  TestClient client({.bearer_token = "secret"});
  const auto response =
      client.send(server.port(),
                  {.method = Method::post, .target = "/echo", .body = "{}", .trace = observe::new_trace()});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, StartsWith("POST\nHost=127.0.0.1:"));
  EXPECT_THAT(response.body, HasSubstr("\nUser-Agent=bazar/"));
  EXPECT_THAT(response.body, HasSubstr("\nBazar-Deadline-Ms="));
  EXPECT_THAT(response.body, HasSubstr("\ntraceparent=00-"));
  EXPECT_THAT(response.body, HasSubstr("\nAuthorization=Bearer secret"));
  EXPECT_THAT(response.body, HasSubstr("\nContent-Type=application/json"));
  EXPECT_THAT(response.body, HasSubstr("\n\n{}"));
}

TEST(ClientTest, uses_a_connection_again) {
  ScriptedServer server({{{ok}, {ok}, {ok}}});
  TestClient client;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.send(server.port(), {.target = "/"}).body, "ok");
}

TEST(ClientTest, sends_an_idempotent_request_again_when_the_pooled_connection_was_closed) {
  ScriptedServer server({{{ok, true}}, {{ok}}});
  TestClient client;
  EXPECT_EQ(client.send(server.port(), {.target = "/1"}).body, "ok");
  server.wait_until_closed();
  EXPECT_EQ(client.send(server.port(), {.target = "/2"}).body, "ok");
  EXPECT_EQ(server.heads().size(), 2U);
}

TEST(ClientTest, says_that_a_request_went_out_twice) {
  ScriptedServer server({{{ok}, {"", true}}, {{ok}}});
  TestClient client;
  EXPECT_FALSE(client.send(server.port(), {.target = "/1"}).resent);
  EXPECT_TRUE(client.send(server.port(), {.target = "/2"}).resent);
}

TEST(ClientTest, what_a_pooled_connection_took_may_have_been_done_although_nobody_listens_any_more) {
  ScriptedServer server({{{ok}, {.answer = "", .close_after = true, .stop_listening = true}}});
  const std::uint16_t port = server.port();
  TestClient client;
  EXPECT_EQ(client.send(port, {.target = "/1"}).body, "ok");
  EXPECT_THROW(client.send(port, {.target = "/2"}), ConnectionLost) << "not ConnectFailed: nothing was sent";
}

TEST(ClientTest, never_sends_another_request_twice) {
  // The pooled connection takes the request and closes without a word: whether it took effect is unknown.
  ScriptedServer server({{{ok}, {"", true}}});
  TestClient client;
  EXPECT_EQ(client.send(server.port(), {.target = "/1"}).body, "ok");
  EXPECT_THROW(client.send(server.port(), {.method = Method::post, .target = "/2", .idempotent = false}),
               ConnectionLost);
  EXPECT_EQ(server.heads().size(), 2U);
}

TEST(ClientTest, sees_before_sending_that_the_pooled_connection_was_closed) {
  ScriptedServer server({{{ok, true}}, {{ok}}});
  TestClient client;
  EXPECT_EQ(client.send(server.port(), {.target = "/1"}).body, "ok");
  server.wait_until_closed();
  EXPECT_EQ(client.send(server.port(), {.method = Method::post, .target = "/2", .idempotent = false}).body,
            "ok");
}

TEST(ClientTest, does_not_repeat_on_a_fresh_connection) {
  ScriptedServer server({{{"", true}}});
  TestClient client;
  EXPECT_THROW(client.send(server.port(), {.target = "/"}), ConnectionLost);
  EXPECT_EQ(server.heads().size(), 1U);
}

TEST(ClientTest, does_not_repeat_once_an_answer_has_begun) {
  ScriptedServer server({{{ok}, {"HTTP/1.1 200 OK\r\nContent-Le", true}}});
  TestClient client;
  EXPECT_EQ(client.send(server.port(), {.target = "/1"}).body, "ok");
  EXPECT_THROW(client.send(server.port(), {.target = "/2"}), ConnectionLost);
  EXPECT_EQ(server.heads().size(), 2U);
}

TEST(ClientTest, gives_up_on_a_frozen_server_at_the_deadline_and_drops_the_connection) {
  ScriptedServer server({{{ok}, {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}}, {{ok}}});
  TestClient client;
  EXPECT_EQ(client.send(server.port(), {.target = "/1"}).body, "ok");
  const SteadyTime before = std::chrono::steady_clock::now();
  EXPECT_THROW(client.send(server.port(), {.target = "/2"}, milliseconds(50)), DeadlineExceeded);
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(49));
  EXPECT_EQ(client.send(server.port(), {.target = "/3"}).body, "ok");
}

TEST(ClientTest, refuses_to_send_when_the_time_is_up) {
  ScriptedServer server({{}});
  TestClient client;
  EXPECT_THROW(client.send(server.port(), {.target = "/"}, milliseconds(0)), DeadlineExceeded);
  EXPECT_TRUE(server.heads().empty());
}

TEST(ClientTest, says_that_nothing_was_sent_when_no_connection_was_made) {
  std::uint16_t port = 0;
  {
    asio::io_context loop;
    port = asio::ip::tcp::acceptor(loop, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
  }
  TestClient client;
  EXPECT_THROW(client.send(port, {.target = "/"}), ConnectFailed);
}

TEST(ClientTest, reads_chunks_interim_answers_and_bodies_that_end_with_the_connection) {
  ScriptedServer server(
      {{{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n"},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end", true}}});
  TestClient client;
  const auto chunked = client.send(server.port(), {.target = "/1"});
  EXPECT_EQ(chunked.status, 200);
  EXPECT_EQ(chunked.body, "abcde");
  EXPECT_FALSE(chunked.header("Link"));
  EXPECT_FALSE(chunked.header("Trailer"));
  EXPECT_EQ(client.send(server.port(), {.target = "/2"}).body, "until the end");
}

TEST(ClientTest, bounds_an_answer) {
  ScriptedServer server({{{"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a"}}});
  TestClient client({.max_response_bytes = 10});
  EXPECT_THROW(client.send(server.port(), {.target = "/"}), ConnectionLost);
}

TEST(ClientTest, does_not_reuse_a_connection_with_bytes_that_nobody_asked_for) {
  ScriptedServer server({{{ok + ok}}, {{ok}}});
  TestClient client;
  EXPECT_EQ(client.send(server.port(), {.target = "/1"}).body, "ok");
  EXPECT_EQ(client.send(server.port(), {.target = "/2"}).body, "ok");
}

TEST(ClientTest, refuses_line_breaks_in_a_head) {
  ScriptedServer server({{}, {}});
  TestClient client;
  EXPECT_THROW(client.send(server.port(), {.target = "/ HTTP/1.1\r\nX: y"}), std::invalid_argument);
  EXPECT_THROW(client.send(server.port(), {.target = "/", .headers = {{"X", "a\nb"}}}),
               std::invalid_argument);
}

TEST(ClientTest, resolves_names) {
  ScriptedServer server({{{ok}}});
  TestClient client;
  std::optional<std::string> body;
  asio::co_spawn(
      client.loop(),
      client.client()->send({"localhost", server.port()}, {.target = "/"}, in(milliseconds(10'000))),
      [&body](const std::exception_ptr&, const ClientResponse& response) { body = response.body; });
  while (!body) client.loop().run_one();
  EXPECT_EQ(*body, "ok");
}

TEST(ClientTest, may_be_destroyed_while_a_request_waits) {
  ScriptedServer server({{{""}}});
  TestClient client;
  bool timed_out = false;
  asio::co_spawn(
      client.loop(),
      client.client()->send({"127.0.0.1", server.port()}, {.target = "/"}, in(milliseconds(50))),
      [&timed_out](const std::exception_ptr& error, const ClientResponse&) { timed_out = error != nullptr; });
  while (server.heads().empty()) client.loop().poll_one();
  client.client().reset();
  while (!timed_out) client.loop().run_one();
}

TEST(EndpointTest, reads_plain_http_urls_only) {
  EXPECT_EQ(parse_endpoint("http://h:81"), (Endpoint{"h", 81}));
  EXPECT_EQ(parse_endpoint("http://10.0.0.1"), (Endpoint{"10.0.0.1", 80}));
  EXPECT_EQ(parse_endpoint("http://[::1]:8080/"), (Endpoint{"::1", 8080}));
  EXPECT_EQ(to_url({"::1", 8080}), "http://[::1]:8080");
  EXPECT_EQ(to_url({"h", 81}), "http://h:81");
  for (const char* bad :
       {"", "https://h", "http://", "http://h:0", "http://h:65536", "http://h:x", "http://h:", "http://h/p",
        "http://h?q", "http://u@h", "http://[::1", "http://[h]:1", "http://[::1]x", "h:80", "http://a b"}) {
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
  }
}

}  // namespace
}  // namespace bazar::http
