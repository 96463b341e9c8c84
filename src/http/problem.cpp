#include "http/problem.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "json/encode.hpp"

namespace bazar::http {
namespace {

constexpr std::string_view overloaded_slug = "overloaded";

std::string text_of(const boost::json::object& object, std::string_view name, std::string fallback) {
  const boost::json::value* value = object.if_contains(name);
  const boost::json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::move(fallback);
}

bool is_standard_member(std::string_view name) {
  return name == "type" || name == "title" || name == "status" || name == "detail" || name == "instance";
}

std::string without_prefix(std::string text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

}  // namespace

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
  response.set("Content-Type", "application/problem+json");
  if (problem.retry_after) response.set("Retry-After", std::to_string(problem.retry_after->count()));
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

Problem overloaded(std::string detail) {
  return {.status = 503,
          .slug = std::string(overloaded_slug),
          .title = "Too much is waiting already",
          .detail = std::move(detail),
          .retry_after = std::chrono::seconds(1)};
}

bool is_overloaded(const Problem& problem) {
  return problem.status == 503 && problem.slug == overloaded_slug;
}

Problem read_problem(unsigned status, std::string_view text) {
  Problem problem{.status = status, .slug = "refused", .title = "Refused"};
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(text, error);
  const boost::json::object* object = error ? nullptr : body.if_object();
  if (!object) return problem;
  problem.slug = without_prefix(text_of(*object, "type", problem.slug), "/problems/");
  problem.title = text_of(*object, "title", problem.title);
  problem.detail = text_of(*object, "detail", "");
  for (const auto& [name, value] : *object) {
    if (!is_standard_member(name)) problem.members.emplace_back(name, boost::json::serialize(value));
  }
  return problem;
}

}  // namespace bazar::http
