#pragma once

#include <gmock/gmock.h>

#include <string>
#include <thread>

#include "base/errors.hpp"
#include "http/testing/test_server.hpp"

/// Routes that show what a server does with requests, and the requests.
namespace bazar::http::testing {

inline Task<Response> say_hello(Request&) { co_return text_response(200, "hello"); }
inline Task<Response> echo(Request& request) { co_return text_response(200, std::string(request.body)); }
inline Task<Response> tagged(Request&) {
  Response response = text_response(200, "tagged");
  response.set("ETag", "\"7\"").set("Cache-Status", "bazar; hit").set("Vary", "Accept");
  co_return response;
}
/// The same prepared, of which a handler may change fields.
inline Response prepared(bool own_fields) {
  Fields others;
  others.set("Cache-Status", "bazar; hit");
  Response answer{.prepared =
                      std::make_shared<const PreparedResponse>("text/plain", "\"7\"", "tagged", others)};
  if (own_fields) answer.set("Cache-Status", "bazar; fwd=miss").set("X-Other", "o");
  return answer;
}
/// Told in a later turn of the loop.
class LaterTurn final : public Later {
 public:
  using Make = std::function<Reply()>;
  LaterTurn(Loop& loop, Make make) : loop_(loop), make_(std::move(make)) {}
  void tell(Told told) override {
    asio::post(loop_, [told = std::move(told), make = make_]() mutable {
      Reply reply;
      std::exception_ptr error;
      try {
        reply = make();
      } catch (...) {
        error = std::current_exception();
      }
      told(error, std::move(reply));
    });
  }

 private:
  Loop& loop_;
  const Make make_;
};
inline constexpr std::size_t much = std::size_t{32} << 20;  // more than the kernel's buffers hold
inline Task<Response> say_much(Request&) { co_return text_response(200, std::string(much, 'm')); }
template <class Error>
Task<Response> fail(Request&) {
  throw Error("secret 10.0.0.1");
  co_return no_content();
}
inline Task<Response> tell_time_left(Request& request) {
  const auto left = request.deadline - std::chrono::steady_clock::now();
  if (left > std::chrono::seconds(30)) co_return text_response(200, "longest");
  co_return text_response(200, left > std::chrono::seconds(1) ? "long" : "short");
}

inline void add_routes(Router& router, Loop& loop) {
  const auto add_later = [&](std::string pattern, LaterTurn::Make make) {
    router.add(Method::get, std::move(pattern), [&loop, make = std::move(make)](Request&) -> Reply {
      return std::make_shared<LaterTurn>(loop, make);
    });
  };
  add_later("/later/answer", [] { return text_response(200, "hello"); });
  add_later("/later/coroutine",
            [] { return []() -> Task<Response> { co_return text_response(200, "hello"); }(); });
  add_later("/later/unavailable", []() -> Reply { throw Unavailable("secret 10.0.0.1"); });
  router.add(Method::get, "/prepared", [](Request&) { return prepared(false); });
  router.add(Method::get, "/prepared/fields", [](Request&) { return prepared(true); });
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

inline std::string get(std::string_view target, std::string_view headers = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

inline std::string post(std::string_view target, std::string_view body,
                        std::string_view type = "application/json") {
  std::string request = "POST " + std::string(target) +
                        " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  if (!type.empty()) request += "Content-Type: " + std::string(type) + "\r\n";
  return request + "\r\n" + std::string(body);
}

inline void wait_for_connections(TestServer& server, int count) {
  const std::string line = "bazar_http_connections " + std::to_string(count) + "\n";
  while (server.metrics().expose().find(line) == std::string::npos) std::this_thread::yield();
}

MATCHER_P(HasStatus, status, "") { return arg.starts_with("HTTP/1.1 " + std::to_string(status) + " "); }

}  // namespace bazar::http::testing
