#pragma once

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "observe/trace.hpp"

namespace bazar::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };
[[nodiscard]] std::string_view to_string(Method method);

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

/// A request as a handler sees it: within the limits, its path and query decoded. Views point into the
/// session's buffer and stay valid until the handler's coroutine has finished.
struct Request {
  Method method = Method::get;
  std::string_view target;                                 ///< as sent, origin form
  std::vector<std::string> params;                         ///< decoded `{…}` of the route, in order
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded pairs in order
  std::vector<HeaderView> headers;
  std::string_view body;
  boost::asio::ip::address peer;
  SteadyTime deadline;  ///< when the client stops waiting; clipped to the server's own limit
  observe::TraceContext trace;

  /// First header of that name, without regard to case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  /// First query parameter of that name.
  [[nodiscard]] std::optional<std::string_view> query_param(std::string_view name) const;
};

struct Header {
  std::string name;
  std::string value;
};

/// An answer. Content-Length, Date, Connection, traceparent and the server's own fields (ServerOptions) are
/// the session's to add; for HEAD it leaves the body out.
struct Response {
  unsigned status = 200;
  std::vector<Header> headers;
  std::string body;
  /// Body shared with a cache, used instead of `body` where set.
  std::shared_ptr<const std::string> shared_body;

  [[nodiscard]] std::string_view content() const { return shared_body ? *shared_body : body; }
  Response& set(std::string name, std::string value);
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

[[nodiscard]] Response json_response(unsigned status, std::string body);
[[nodiscard]] Response text_response(unsigned status, std::string body);
[[nodiscard]] Response no_content();  ///< 204

}  // namespace bazar::http
