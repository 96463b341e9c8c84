#include "http/message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "http/syntax.hpp"

namespace bazar::http {
namespace {

/// Room made at once, since an answer has several.
constexpr std::size_t usual_headers = 8;

template <class Headers>
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& header) { return equal_ignoring_case(header.name, name); });
  if (found == headers.end()) return std::nullopt;
  return std::string_view(found->value);
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
  return find_header(headers, name);
}

std::optional<std::string_view> Request::query_param(std::string_view name) const {
  const auto found =
      std::ranges::find(query, name, [](const auto& pair) -> std::string_view { return pair.first; });
  if (found == query.end()) return std::nullopt;
  return std::string_view(found->second);
}

Response& Response::set(std::string name, std::string value) {
  if (headers.capacity() < usual_headers) headers.reserve(usual_headers);
  const auto found = std::ranges::find_if(
      headers, [&](const Header& header) { return equal_ignoring_case(header.name, name); });
  if (found != headers.end()) {
    found->value = std::move(value);
  } else {
    headers.push_back({std::move(name), std::move(value)});
  }
  return *this;
}

std::optional<std::string_view> Response::header(std::string_view name) const {
  return find_header(headers, name);
}

PreparedResponse::PreparedResponse(const Response& response) {
  const auto tag = response.header("ETag");
  const auto type = response.header("Content-Type");
  BAZAR_ASSERT(response.status == 200 && tag && type,
               "a prepared answer is a 200 with ETag and Content-Type");
  for (const Header& header : response.headers) {
    if (equal_ignoring_case(header.name, "Content-Type")) continue;
    append_field(bytes_, header.name, header.value);
    if (equal_ignoring_case(header.name, "ETag")) {
      etag_end_ = static_cast<std::uint32_t>(bytes_.size() - crlf.size());
      etag_at_ = etag_end_ - static_cast<std::uint32_t>(header.value.size());
    }
  }
  content_at_ = static_cast<std::uint32_t>(bytes_.size());
  append_field(bytes_, "Content-Type", *type);
  append_field(bytes_, "Content-Length", fmt::format_int(response.body.size()).c_str());
  body_at_ = static_cast<std::uint32_t>(bytes_.size());
  bytes_ += response.body;
  bytes_.shrink_to_fit();
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
