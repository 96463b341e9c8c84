#include "http/problem.hpp"

#include "json/encode.hpp"

namespace bazar::http {

Response to_response(const Problem& problem) {
  std::string body = R"({"type":)";
  json::encode(body, "/problems/" + problem.slug);
  body += R"(,"title":)";
  json::encode(body, problem.title);
  body += R"(,"status":)" + std::to_string(problem.status);
  body += R"(,"detail":)";
  json::encode(body, problem.detail.empty() ? problem.title : problem.detail);
  for (const auto& [name, text] : problem.members) {
    body += ',';
    json::encode(body, name);
    body += ':';
    body += text;
  }
  body += '}';
  Response response{.status = problem.status, .body = std::move(body)};
  response.headers.push_back({"Content-Type", "application/problem+json"});
  if (problem.retry_after) {
    response.headers.push_back({"Retry-After", std::to_string(problem.retry_after->count())});
  }
  return response;
}

Problem bad_request(const FieldError& error) {
  return {.status = 400,
          .slug = "invalid-request",
          .title = "The request is not valid",
          .detail = error.detail,
          .members = {{"field", json::encode(error.field)}}};
}

Problem not_found(std::string detail) {
  return {.status = 404, .slug = "not-found", .title = "Not found", .detail = std::move(detail)};
}

Problem unavailable(std::string detail) {
  return {.status = 503,
          .slug = "unavailable",
          .title = "Cannot be served now",
          .detail = std::move(detail),
          .retry_after = std::chrono::seconds(1)};
}

}  // namespace bazar::http
