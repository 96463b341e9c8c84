#include "http/response_head.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <bitset>

#include "base/assert.hpp"
#include "http/syntax.hpp"

namespace bazar::http {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

bool allows_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

namespace {
constexpr std::size_t max_own = 16;
}

CommonFields::CommonFields(std::span<const Header> own) : own_(own) {
  BAZAR_ASSERT(own_.size() <= max_own, "a server has few fields of its own");
  for (const Header& header : own_) {
    append_field(bytes_, header.name, header.value);
    ends_.push_back(bytes_.size());
  }
  date_at_ = bytes_.size();
}

void CommonFields::append_own(std::string& out, const Fields& fields) const {
  std::bitset<max_own> set;
  // All are looked for in one pass.
  for (std::string_view lines = fields.lines(); !lines.empty();) {
    const std::size_t size = lines.find('\n') + 1;
    for (std::size_t i = 0; i < own_.size(); ++i) {
      const std::string_view name = own_[i].name;
      if (size > name.size() && lines[name.size()] == ':' &&
          equal_ignoring_case(lines.substr(0, name.size()), name)) {
        set.set(i);
      }
    }
    lines.remove_prefix(size);
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < own_.size(); begin = ends_[i++]) {
    if (!set[i]) out.append(bytes_, begin, ends_[i] - begin);
  }
}

std::string_view CommonFields::all(SteadyTime now) {
  if (now >= stale_from_) {
    const auto wall = std::chrono::system_clock::now();
    const auto second = std::chrono::floor<std::chrono::seconds>(wall);
    bytes_.resize(date_at_);
    append_field(bytes_, "Date",
                 fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                             fmt::gmtime(std::chrono::system_clock::to_time_t(second))));
    stale_from_ = now + (second + std::chrono::seconds(1) - wall);
  }
  return bytes_;
}

namespace {

void append_last_fields(std::string& out, const AnswerContext& context) {
  if (context.trace != nullptr) append_field(out, "traceparent", observe::to_traceparent(*context.trace));
  if (context.persistence == Persistence::close) append_field(out, "Connection", "close");
  if (context.persistence == Persistence::keep_explicitly) append_field(out, "Connection", "keep-alive");
  out += crlf;
}

}  // namespace

void append_head(std::string& out, const Response& response, CommonFields& common,
                 const AnswerContext& context) {
  const fmt::format_int status(response.status);
  out.append("HTTP/1.1 ").append(status.data(), status.size()).append(" ");
  out.append(reason_phrase(response.status)).append(crlf);
  out += response.fields.lines();
  common.append_own(out, response.fields);
  if (allows_body(response.status)) {
    const fmt::format_int length(response.content().size());
    append_field(out, "Content-Length", {length.data(), length.size()});
  }
  out += common.date(context.now);
  append_last_fields(out, context);
}

void append_head(std::string& out, const PreparedResponse& response, bool not_modified, CommonFields& common,
                 const AnswerContext& context) {
  out += not_modified ? "HTTP/1.1 304 Not Modified\r\n" : "HTTP/1.1 200 OK\r\n";
  out += not_modified ? response.fields_of_not_modified() : response.fields();
  out += common.all(context.now);
  append_last_fields(out, context);
}

}  // namespace bazar::http
