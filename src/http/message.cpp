#include "http/message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "http/syntax.hpp"

namespace bazar::http {
namespace {

/// Room made at once, since an answer has several fields.
constexpr std::size_t usual_bytes = 240;
constexpr std::string_view separator = ": ";

/// The line of that name, with its CRLF; empty, at the end, where there is none.
std::string_view find_line(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::size_t size = lines.find('\n') + 1;
    const std::string_view line = lines.substr(0, size);
    if (is_field(line, name)) return line;
    lines.remove_prefix(size);
  }
  return lines;
}

std::string_view value_of(std::string_view line, std::string_view name) {
  line.remove_prefix(name.size() + separator.size());
  line.remove_suffix(crlf.size());
  return line;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      break;
  }
  return "other";
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const HeaderView& header) { return equal_ignoring_case(header.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

std::optional<std::string_view> Request::query_param(std::string_view name) const {
  const auto found =
      std::ranges::find(query, name, [](const auto& pair) -> std::string_view { return pair.first; });
  if (found == query.end()) return std::nullopt;
  return std::string_view(found->second);
}

void Fields::set(std::string_view name, std::string_view value) {
  const std::string_view line = find_line(lines_, name);
  if (line.empty()) {
    if (lines_.capacity() < usual_bytes) lines_.reserve(usual_bytes);
    append_field(lines_, name, value);
    return;
  }
  const std::string_view former = value_of(line, name);
  lines_.replace(static_cast<std::size_t>(former.data() - lines_.data()), former.size(), value);
}

void Fields::remove(std::string_view name) {
  const std::string_view line = find_line(lines_, name);
  lines_.erase(static_cast<std::size_t>(line.data() - lines_.data()), line.size());
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  const std::string_view line = find_line(lines_, name);
  if (line.empty()) return std::nullopt;
  return value_of(line, name);
}

std::string_view Response::content() const { return prepared ? prepared->body() : body; }

PreparedResponse::PreparedResponse(std::string_view content_type, std::string_view etag,
                                   std::string_view body, const Fields& others) {
  constexpr std::size_t names = 48;  // and separators, of the three fields below
  const fmt::format_int length(body.size());
  bytes_.reserve(others.lines().size() + names + etag.size() + content_type.size() + length.size() +
                 body.size());
  append_field(bytes_, "ETag", etag);
  etag_end_ = static_cast<std::uint32_t>(bytes_.size() - crlf.size());
  etag_at_ = etag_end_ - static_cast<std::uint32_t>(etag.size());
  bytes_ += others.lines();
  content_at_ = static_cast<std::uint32_t>(bytes_.size());
  append_field(bytes_, "Content-Type", content_type);
  append_field(bytes_, "Content-Length", {length.data(), length.size()});
  body_at_ = static_cast<std::uint32_t>(bytes_.size());
  bytes_ += body;
}

Response json_response(unsigned status, std::string body) {
  Response response{.status = status, .body = std::move(body)};
  response.set("Content-Type", "application/json");
  return response;
}

Response text_response(unsigned status, std::string body) {
  Response response{.status = status, .body = std::move(body)};
  response.set("Content-Type", "text/plain; charset=utf-8");
  return response;
}

Response no_content() { return {.status = 204}; }

}  // namespace bazar::http
