#include "http/limits.hpp"

#include <algorithm>
#include <array>

#include "http/syntax.hpp"

namespace bazar::http {
namespace {

constexpr std::size_t max_content_length_digits = 18;  // fits a signed 64-bit number

using CharacterSet = std::array<bool, 256>;

constexpr CharacterSet characters_from(int first, std::string_view but) {
  CharacterSet set{};
  for (std::size_t c = static_cast<std::size_t>(first); c < set.size(); ++c) set[c] = c != 0x7F;
  for (const char c : but) set[static_cast<unsigned char>(c)] = false;
  return set;
}

constexpr CharacterSet visible_ascii(std::string_view but) {
  CharacterSet set = characters_from(0x21, but);
  for (std::size_t c = 0x80; c < set.size(); ++c) set[c] = false;
  return set;
}

constexpr CharacterSet target_characters = visible_ascii("");
constexpr CharacterSet host_characters = visible_ascii(R"(,/\@?#"<>{}|^`)");
constexpr CharacterSet value_characters = [] {
  CharacterSet set = characters_from(0x20, "");
  set['\t'] = true;
  return set;
}();

bool consists_of(const CharacterSet& set, std::string_view text) {
  return std::ranges::all_of(text, [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

/// What of a head decides where its message ends and whom it is for.
struct Framing {
  bool http_1_0 = false;
  unsigned hosts = 0;
  unsigned lengths = 0;
  unsigned codings = 0;
};

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
  if (!consists_of(host_characters, value)) return HeadFault::bad_host;
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
  if (!consists_of(value_characters, value)) return HeadFault::bad_header_line;
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

std::optional<RequestLine> parse_request_line(std::string_view line) {
  const std::size_t method_end = line.find(' ');
  if (method_end == std::string_view::npos || !is_token(line.substr(0, method_end))) return std::nullopt;
  const std::string_view rest = line.substr(method_end + 1);
  const std::size_t target_end = rest.find(' ');
  if (target_end == std::string_view::npos || target_end == 0) return std::nullopt;
  const RequestLine parsed{.method = line.substr(0, method_end),
                           .target = rest.substr(0, target_end),
                           .http_1_0 = rest.substr(target_end + 1) == "HTTP/1.0"};
  if (!consists_of(target_characters, parsed.target)) return std::nullopt;
  if (!parsed.http_1_0 && rest.substr(target_end + 1) != "HTTP/1.1") return std::nullopt;
  return parsed;
}

namespace {

std::optional<HeadFault> judge_lines(std::string_view head) {
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
      const auto parsed = parse_request_line(line);
      if (!parsed) return HeadFault::bad_request_line;
      framing.http_1_0 = parsed->http_1_0;
      request_line = false;
    } else if (line.empty()) {
      return head.empty() ? judge_framing(framing) : HeadFault::bad_header_line;
    } else if (const auto fault = judge_header_line(line, framing)) {
      return fault;
    }
  }
  return HeadFault::bad_request_line;  // no empty line: not a whole head
}

}  // namespace

std::optional<HeadFault> find_head_fault(std::string_view head) {
  const auto fault = judge_lines(head);
  // No line may have one, so that every NUL byte is a fault of some name already.
  if (fault && head.find('\0') != std::string_view::npos) return HeadFault::nul_byte;
  return fault;
}

}  // namespace bazar::http
