#pragma once

#include <gtest/gtest.h>

#include "catalog/service.hpp"
#include "catalog/testing/test_support.hpp"

namespace bazar::catalog {

/// A catalog with the demo stock on a port of its own, and a client for it.
class RunningCatalog : public testing::Test {
 protected:
  RunningCatalog() : service_(options(folder_.path())), catalog_((service_.start(), service_.url())) {}

  static ServiceOptions options(const std::string& directory) {
    return {.name = "catalog-1",
            .database = "sqlite:" + directory,
            .service_token = "the service token",
            .demo_books = true};
  }

  http::ClientResponse get(std::string target, std::vector<http::Header> headers = {}) {
    return catalog_.get(std::move(target), std::move(headers));
  }
  http::ClientResponse post(std::string target, std::string body, std::vector<http::Header> headers = {}) {
    return catalog_.send(http::Method::post, std::move(target), std::move(body), std::move(headers));
  }
  http::ClientResponse put(std::string target, std::string body, std::vector<http::Header> headers = {}) {
    return catalog_.send(http::Method::put, std::move(target), std::move(body), std::move(headers));
  }
  http::ClientResponse patch(std::string target, std::string body, std::vector<http::Header> headers = {}) {
    return catalog_.send(http::Method::patch, std::move(target), std::move(body), std::move(headers));
  }
  http::ClientResponse del(std::string target, std::vector<http::Header> headers = {}) {
    return catalog_.send(http::Method::del, std::move(target), {}, std::move(headers));
  }

  /// The demo book 2 as JSON text.
  std::string book(std::int64_t id = 2) { return get("/books/" + std::to_string(id)).body; }

  TemporaryFolder folder_;
  Service service_;
  HttpProbe catalog_;
};

inline boost::json::object json_of(const http::ClientResponse& response) {
  return boost::json::parse(response.body).as_object();
}

/// Status, problem type and, where the problem names one, its field: `400 invalid-request title`.
inline std::string refusal(const http::ClientResponse& response) {
  std::string text = std::to_string(response.status);
  if (response.header("Content-Type").value_or("") != "application/problem+json")
    return text + " is no problem";
  const auto problem = json_of(response);
  constexpr std::string_view prefix = "/problems/";
  const std::string type(problem.at("type").as_string());
  text += ' ' + (type.starts_with(prefix) ? type.substr(prefix.size()) : type);
  if (const auto* field = problem.if_contains("field")) text += ' ' + std::string(field->as_string());
  return text;
}

}  // namespace bazar::catalog
