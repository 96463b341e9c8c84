#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace bazar::http {

/// Bounds on what a client may send and how long it may take.
struct Limits {
  std::size_t header_bytes = 16 * 1024;  ///< past it 431
  milliseconds header_timeout{10'000};   ///< from the first byte of a request to the end of its head
  milliseconds body_timeout{30'000};
  milliseconds idle_timeout{60'000};  ///< keep-alive without a request
  milliseconds write_timeout{30'000};
  milliseconds request_timeout{10'000};       ///< a handler's deadline where the client names none
  milliseconds max_request_timeout{60'000};   ///< where it names one: longer than a failover lasts
  std::size_t drain_bytes = 4 * 1024 * 1024;  ///< after an early refusal (RFC 9112, 9.6)
  milliseconds drain_timeout{2'000};
};

/// Why a head is refused before it is parsed: forms that two parsers could read differently (request
/// smuggling; RFC 9112 sections 2.2, 5.1, 5.2, 6.1, 6.3, 11.2).
enum class HeadFault {
  nul_byte,
  bare_cr_or_lf,
  folded_line,
  space_before_colon,
  repeated_content_length,
  bad_content_length,
  length_and_transfer_encoding,
  unsupported_transfer_coding,
  chunked_on_http_1_0,
  missing_host,
  repeated_host,
  bad_host,
  bad_request_line,
  bad_header_line,
};

[[nodiscard]] std::string_view describe(HeadFault fault);

struct RequestLine {
  std::string_view method;
  std::string_view target;
  bool http_1_0 = false;  ///< else 1.1
};
/// Nothing where it is malformed. `line` is without its line end.
[[nodiscard]] std::optional<RequestLine> parse_request_line(std::string_view line);

/// Judges a whole head, from the request line to the empty line. A pure function: no fault means that it is
/// safe to parse, with exactly one framing (none, one Content-Length, or `chunked`) and, on HTTP/1.1, one
/// Host.
[[nodiscard]] std::optional<HeadFault> find_head_fault(std::string_view head);

}  // namespace bazar::http
