#include "http/response_head.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/container/small_vector.hpp>

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

CommonFields::CommonFields(std::span<const Header> own) {
  for (const Header& header : own) append_field(bytes_, header.name, header.value);
  date_at_ = bytes_.size();
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

/// Takes the next line off, with its CRLF.
std::string_view next_line(std::string_view& lines) {
  const std::string_view line = lines.substr(0, lines.find('\n') + 1);
  lines.remove_prefix(line.size());
  return line;
}

/// Appends those of `lines` whose name is none of `names`.
void append_unless_named(std::string& out, std::string_view lines, std::span<const std::string_view> names) {
  const char* run = lines.data();  // of lines that are wanted
  const auto append_run = [&](const char* end) { out.append(run, end); };
  while (!lines.empty()) {
    const std::string_view line = next_line(lines);
    if (std::ranges::none_of(names, [line](std::string_view name) { return is_field(line, name); })) continue;
    append_run(line.data());
    run = lines.data();
  }
  append_run(lines.data());
}

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
  boost::container::small_vector<std::string_view, 8> names;
  for (std::string_view lines = response.fields.lines(); !lines.empty();) {
    const std::string_view line = next_line(lines);
    names.push_back(line.substr(0, line.find(':')));
  }
  append_unless_named(out, common.own(), names);
  if (response.prepared) {
    append_unless_named(
        out,
        response.status == 304 ? response.prepared->fields_of_not_modified() : response.prepared->fields(),
        names);
  } else if (allows_body(response.status)) {
    const fmt::format_int length(response.body.size());
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
