#include "http/limits.hpp"

#include <algorithm>
#include <array>

#include "http/syntax.hpp"

namespace bazar::http {
namespace {

constexpr std::size_t max_content_length_digits = 18;  // fits a signed 64-bit number

bool is_target_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F;
}

bool is_value_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

bool is_host_character(char c) {
  return is_target_character(c) && std::string_view(R"(,/\@?#"<>{}|^`)").find(c) == std::string_view::npos;
}

/// What of a head decides where its message ends and whom it is for.
struct Framing {
  bool http_1_0 = false;
  unsigned hosts = 0;
  unsigned lengths = 0;
  unsigned codings = 0;
};

std::optional<HeadFault> judge_request_line(std::string_view line, Framing& framing) {
  const std::size_t method_end = line.find(' ');
  if (method_end == std::string_view::npos || !is_token(line.substr(0, method_end))) {
    return HeadFault::bad_request_line;
  }
  const std::string_view rest = line.substr(method_end + 1);
  const std::size_t target_end = rest.find(' ');
  if (target_end == std::string_view::npos || target_end == 0 ||
      !std::ranges::all_of(rest.substr(0, target_end), is_target_character)) {
    return HeadFault::bad_request_line;
  }
  const std::string_view protocol = rest.substr(target_end + 1);
  framing.http_1_0 = protocol == "HTTP/1.0";
  if (!framing.http_1_0 && protocol != "HTTP/1.1") return HeadFault::bad_request_line;
  return std::nullopt;
}

std::optional<HeadFault> judge_content_length(std::string_view value, Framing& framing) {
  if (++framing.lengths > 1) return HeadFault::repeated_content_length;
  if (value.find(',') != std::string_view::npos) return HeadFault::repeated_content_length;
  if (value.empty() || value.size() > max_content_length_digits ||
      !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
    return HeadFault::bad_content_length;
  }
  return std::nullopt;
}

std::optional<HeadFault> judge_transfer_encoding(std::string_view value, Framing& framing) {
  // `identity` and lists are gone from RFC 9112 or never needed: the one coding that we read is chunked.
  if (++framing.codings > 1 || !equal_ignoring_case(value, "chunked")) {
    return HeadFault::unsupported_transfer_coding;
  }
  return std::nullopt;
}

std::optional<HeadFault> judge_host(std::string_view value, Framing& framing) {
  if (++framing.hosts > 1) return HeadFault::repeated_host;
  if (!std::ranges::all_of(value, is_host_character)) return HeadFault::bad_host;
  return std::nullopt;
}

std::optional<HeadFault> judge_header_line(std::string_view line, Framing& framing) {
  if (line.front() == ' ' || line.front() == '\t') return HeadFault::folded_line;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return HeadFault::bad_header_line;
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) {
    const bool space = !name.empty() && (name.back() == ' ' || name.back() == '\t');
    return space ? HeadFault::space_before_colon : HeadFault::bad_header_line;
  }
  const std::string_view value = trim_blanks(line.substr(colon + 1));
  if (!std::ranges::all_of(value, is_value_character)) return HeadFault::bad_header_line;
  switch (name.size()) {
    case 4:
      if (equal_ignoring_case(name, "host")) return judge_host(value, framing);
      break;
    case 14:
      if (equal_ignoring_case(name, "content-length")) return judge_content_length(value, framing);
      break;
    case 17:
      if (equal_ignoring_case(name, "transfer-encoding")) return judge_transfer_encoding(value, framing);
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<HeadFault> judge_framing(const Framing& framing) {
  if (framing.codings != 0) {
    if (framing.lengths != 0) return HeadFault::length_and_transfer_encoding;
    if (framing.http_1_0) return HeadFault::chunked_on_http_1_0;
  }
  if (framing.hosts == 0 && !framing.http_1_0) return HeadFault::missing_host;
  return std::nullopt;
}

}  // namespace

std::string_view describe(HeadFault fault) {
  switch (fault) {
    case HeadFault::nul_byte:
      return "the head has a NUL byte";
    case HeadFault::bare_cr_or_lf:
      return "a line of the head does not end in CRLF";
    case HeadFault::folded_line:
      return "a header line is folded";
    case HeadFault::space_before_colon:
      return "white space before a header's colon";
    case HeadFault::repeated_content_length:
      return "more than one Content-Length";
    case HeadFault::bad_content_length:
      return "Content-Length is no decimal number";
    case HeadFault::length_and_transfer_encoding:
      return "both Content-Length and Transfer-Encoding";
    case HeadFault::unsupported_transfer_coding:
      return "a transfer coding other than chunked";
    case HeadFault::chunked_on_http_1_0:
      return "Transfer-Encoding in HTTP/1.0";
    case HeadFault::missing_host:
      return "no Host";
    case HeadFault::repeated_host:
      return "more than one Host";
    case HeadFault::bad_host:
      return "Host is no host and port";
    case HeadFault::bad_request_line:
      return "the request line is malformed";
    case HeadFault::bad_header_line:
      return "a header line is malformed";
  }
  return "malformed head";
}

std::optional<HeadFault> find_head_fault(std::string_view head) {
  if (head.find('\0') != std::string_view::npos) return HeadFault::nul_byte;
  Framing framing;
  bool request_line = true;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    // The line's first CR is the one before its LF.
    if (end == std::string_view::npos || end == 0 || head.find('\r') != end - 1) {
      return HeadFault::bare_cr_or_lf;
    }
    const std::string_view line = head.substr(0, end - 1);
    head.remove_prefix(end + 1);
    if (request_line) {
      if (const auto fault = judge_request_line(line, framing)) return fault;
      request_line = false;
    } else if (line.empty()) {
      return head.empty() ? judge_framing(framing) : HeadFault::bad_header_line;
    } else if (const auto fault = judge_header_line(line, framing)) {
      return fault;
    }
  }
  return HeadFault::bad_request_line;  // no empty line: not a whole head
}

}  // namespace bazar::http
