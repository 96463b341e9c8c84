#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace bazar::http {

/// What a request's head says. Views point into the reader's buffer and are made anew when it moves: do not
/// keep them across `prepare`.
struct RequestHead {
  Method method = Method::get;
  std::string_view target;  ///< as sent
  std::vector<HeaderView> headers;
  bool http_1_0 = false;
  bool keep_alive = false;
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool expects_continue = false;
  bool expects_something_else = false;
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view if_none_match;
  std::string_view traceparent;
  std::optional<std::string_view> deadline_ms;
  bool has_credentials = false;  ///< Authorization or Cookie

  [[nodiscard]] bool has_body() const { return chunked || content_length > 0; }
  /// The text that its views point into has moved from `from` to `to`.
  void rebase(const char* from, const char* to);
};

/// The header fields of a request that had neither body nor credentials (with which no other client's bytes
/// are compared). Clients repeat theirs from request to request, and share
/// them with others of their kind: what was judged and parsed once need not be again. Immutable.
class KnownFields {
 public:
  /// `fields` is what follows the request line, to the empty line; `head` was read from it.
  KnownFields(std::string_view fields, const RequestHead& head);
  KnownFields(const KnownFields&) = delete;
  KnownFields& operator=(const KnownFields&) = delete;

  [[nodiscard]] std::string_view text() const { return text_; }
  /// Its views point into `text`; it has no target.
  [[nodiscard]] const RequestHead& head() const { return head_; }

 private:
  const std::string text_;
  RequestHead head_;
};

}  // namespace bazar::http
