#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/errors.hpp"
#include "base/task.hpp"
#include "http/message.hpp"

namespace bazar::http {

/// Where a server is: from `http://host:port` (IPv6 in brackets).
struct Endpoint {
  std::string host;
  std::uint16_t port = 80;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};
/// Empty where `url` is not plain http, or has a path, query or user.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view url);
[[nodiscard]] std::string to_url(const Endpoint& endpoint);

struct ClientRequest {
  Method method = Method::get;
  std::string target;  ///< origin form, already percent-encoded
  std::vector<Header> headers = {};
  std::string body = {};             ///< sent as application/json unless `headers` has a Content-Type
  observe::TraceContext trace = {};  ///< sent on as traceparent where it has an id
  /// Doing it twice is the same as once: safe methods, or a request that carries an idempotency key. Only
  /// then is it sent again on a fresh connection when a pooled one turns out closed.
  bool idempotent = true;
};

struct ClientResponse {
  unsigned status = 0;
  std::vector<Header> headers = {};
  std::string body = {};
  /// The request went out before, on a pooled connection that then ended: it may have been done twice.
  bool resent = false;
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// No connection: nothing was sent.
class ConnectFailed : public Unavailable {
 public:
  using Unavailable::Unavailable;
};
/// The connection ended, or what came was not HTTP: whether the request took effect is unknown.
class ConnectionLost : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

struct ClientOptions {
  std::size_t max_idle_per_endpoint = 64;
  std::size_t max_response_bytes = 64 * 1024 * 1024;
  milliseconds connect_timeout{1'000};
  milliseconds idle_timeout{
      30'000};                    ///< shorter than a server's, so that reuse rarely meets a closed connection
  std::string bearer_token = {};  ///< sent as Authorization where set
};

/// Keep-alive connections to any number of servers, pooled, for the coroutines of one loop. Used on that loop
/// only.
class Client {
 public:
  Client(Loop& loop, ClientOptions options);
  ~Client();

  /// Sends and waits for the whole answer; any status is an answer. The time left travels as
  /// `Bazar-Deadline-Ms` unless the request has that field. Throws ConnectFailed, ConnectionLost,
  /// DeadlineExceeded (the connection is closed: nothing waits for a late answer).
  Task<ClientResponse> send(const Endpoint& endpoint, ClientRequest request, SteadyTime deadline);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::http
