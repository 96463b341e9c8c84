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

/// Appends status line and header fields with the empty line: the handler's fields, those of `defaults` that
/// it did not set, then the session's.
void append_head(std::string& out, const Response& response, std::span<const Header> defaults,
                 std::string_view date, std::string_view traceparent, Persistence persistence);

/// The value of Date (RFC 9110, 5.6.7), formatted once a second. Not thread-safe.
class DateCache {
 public:
  [[nodiscard]] std::string_view at(SteadyTime now);

 private:
  SteadyTime stale_from_{};
  std::string text_;
};

}  // namespace bazar::http
