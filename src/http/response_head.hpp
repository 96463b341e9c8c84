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
  /// `own` outlives this.
  explicit CommonFields(std::span<const Header> own);

  /// Appends those of the server's own fields that `fields` has not.
  void append_own(std::string& out, const Fields& fields) const;
  [[nodiscard]] std::string_view all(SteadyTime now);
  [[nodiscard]] std::string_view date(SteadyTime now) { return all(now).substr(date_at_); }

 private:
  const std::span<const Header> own_;
  SteadyTime stale_from_{};
  std::string bytes_;
  std::vector<std::size_t> ends_;  ///< of the lines of `own_` in `bytes_`
  std::size_t date_at_ = 0;
};

/// What a session says of one answer beside the handler.
struct AnswerContext {
  SteadyTime now;
  Persistence persistence = Persistence::keep;
  const observe::TraceContext* trace = nullptr;  ///< null: it is not told
};

/// Appends status line and header fields with the empty line: the handler's, those of `common` that it did
/// not set, then the session's.
void append_head(std::string& out, const Response& response, CommonFields& common,
                 const AnswerContext& context);

/// The same for a prepared answer, or for a 304 in its place.
void append_head(std::string& out, const PreparedResponse& response, bool not_modified, CommonFields& common,
                 const AnswerContext& context);

}  // namespace bazar::http
