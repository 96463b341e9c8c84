#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/message.hpp"

namespace bazar::http {

/// `OK` for 200.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

/// Whether an answer of that status has a body, and so a Content-Length (RFC 9110, 6.4.1).
[[nodiscard]] bool allows_body(unsigned status);

enum class Persistence {
  keep,             ///< HTTP/1.1's default: said by saying nothing
  keep_explicitly,  ///< to a client of HTTP/1.0
  close,
};

/// The fields of every answer, as bytes: the server's own, and Date (RFC 9110, 5.6.7), which is written anew
/// once a second. Not thread-safe.
class CommonFields {
 public:
  explicit CommonFields(std::span<const Header> own);

  /// The server's own.
  [[nodiscard]] std::string_view own() const { return std::string_view(bytes_).substr(0, date_at_); }
  [[nodiscard]] std::string_view all(SteadyTime now);
  [[nodiscard]] std::string_view date(SteadyTime now) { return all(now).substr(date_at_); }

 private:
  SteadyTime stale_from_{};
  std::string bytes_;
  std::size_t date_at_ = 0;
};

/// What a session says of one answer beside the handler.
struct AnswerContext {
  SteadyTime now;
  Persistence persistence = Persistence::keep;
  const observe::TraceContext* trace = nullptr;  ///< null: it is not told
};

/// Appends status line and header fields with the empty line: the handler's, those of what it prepared and of
/// `common` that it did not set, then the session's. `response.status` may be 304 in place of what is
/// prepared.
void append_head(std::string& out, const Response& response, CommonFields& common,
                 const AnswerContext& context);

/// The same for a prepared answer, or for a 304 in its place.
void append_head(std::string& out, const PreparedResponse& response, bool not_modified, CommonFields& common,
                 const AnswerContext& context);

}  // namespace bazar::http
