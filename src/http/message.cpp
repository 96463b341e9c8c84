#include "http/message.hpp"

#include <algorithm>

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

Response json_response(unsigned status, std::string body) {
  Response response{.status = status, .headers = {}, .body = std::move(body), .shared_body = nullptr};
  response.set("Content-Type", "application/json");
  return response;
}

Response text_response(unsigned status, std::string body) {
  Response response{.status = status, .headers = {}, .body = std::move(body), .shared_body = nullptr};
  response.set("Content-Type", "text/plain; charset=utf-8");
  return response;
}

Response no_content() { return {.status = 204, .headers = {}, .body = {}, .shared_body = nullptr}; }

}  // namespace bazar::http
