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
  std::string_view target = {};                                 ///< as sent, origin form
  std::vector<std::string> params = {};                         ///< decoded `{…}` of the route, in order
  std::vector<std::pair<std::string, std::string>> query = {};  ///< decoded pairs in order
  std::vector<HeaderView> headers = {};
  std::string_view body = {};
  boost::asio::ip::address peer = {};
  SteadyTime deadline = {};  ///< when the client stops waiting; clipped to the server's own limit
  observe::TraceContext trace = {};

  /// First header of that name, without regard to case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  /// First query parameter of that name.
  [[nodiscard]] std::optional<std::string_view> query_param(std::string_view name) const;
};

struct Header {
  std::string name;
  std::string value;
};

/// The header fields of an answer as they go out, in one piece: a string for each name and value would cost
/// more than all else about a short answer.
class Fields {
 public:
  /// In place of the field of that name (without regard to case), or behind the others.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  /// The value of the field of that name, up to the next change.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// Each with its CRLF.
  [[nodiscard]] std::string_view lines() const { return lines_; }

 private:
  std::string lines_;
};

class PreparedResponse;

/// An answer. Content-Length, Date, Connection, traceparent and the server's own fields (ServerOptions) are
/// the session's to add; for HEAD it leaves the body out.
struct Response {
  unsigned status = 200;
  Fields fields = {};
  std::string body = {};
  /// Where set, `status` is 200 and its body is sent in place of `body`, with those of its fields that
  /// `fields` does not name; or 304 where the request names its ETag.
  std::shared_ptr<const PreparedResponse> prepared = nullptr;

  Response& set(std::string_view name, std::string_view value) {
    fields.set(name, value);
    return *this;
  }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    return fields.find(name);
  }
  /// What is sent behind the head.
  [[nodiscard]] std::string_view content() const;
};

/// A 200 that is sent many times, such as a cache keeps: its fields and body as they go out, in one piece.
/// Immutable.
class PreparedResponse {
 public:
  /// `etag` has its quotes. `others`: further fields, none that describes the body or that the server adds to
  /// every answer.
  PreparedResponse(std::string_view content_type, std::string_view etag, std::string_view body,
                   const Fields& others);

  /// Header lines, each with its CRLF.
  [[nodiscard]] std::string_view fields() const { return part(0, body_at_); }
  /// Those of a 304 (RFC 9110, 15.4.5).
  [[nodiscard]] std::string_view fields_of_not_modified() const { return part(0, content_at_); }
  [[nodiscard]] std::string_view body() const { return part(body_at_, bytes_.size()); }
  /// With its quotes.
  [[nodiscard]] std::string_view etag() const { return part(etag_at_, etag_end_); }

 private:
  [[nodiscard]] std::string_view part(std::size_t begin, std::size_t end) const {
    return std::string_view(bytes_).substr(begin, end - begin);
  }
  std::string bytes_;
  std::uint32_t etag_at_ = 0;
  std::uint32_t etag_end_ = 0;
  std::uint32_t content_at_ = 0;  ///< of the fields that describe the body
  std::uint32_t body_at_ = 0;
};

[[nodiscard]] Response json_response(unsigned status, std::string body);
[[nodiscard]] Response text_response(unsigned status, std::string body);
[[nodiscard]] Response no_content();  ///< 204

}  // namespace bazar::http
