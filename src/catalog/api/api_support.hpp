#pragma once

#include <expected>
#include <optional>
#include <string>

#include "catalog/api/api.hpp"
#include "catalog/wire.hpp"
#include "http/problem.hpp"
#include "json/encode.hpp"

/// What the catalog's routes share: reading a request's parts, and the one place where refusals become
/// problems.
namespace bazar::catalog::api {

template <class T>
using Parsed = std::expected<T, FieldError>;

using StoreHandler = Task<http::Response> (*)(Store& store, http::Request& request);

/// Adds routes that share a store and a token.
class Routes {
 public:
  Routes(http::Router& router, Store& store, const std::string& service_token)
      : router_(router), store_(store), service_token_(service_token) {}
  void add(http::Method method, std::string pattern, StoreHandler handler) {
    add(method, std::move(pattern), http::BodyRule::none(), handler);
  }
  void add(http::Method method, std::string pattern, http::BodyRule body, StoreHandler handler);

 private:
  http::Router& router_;
  Store& store_;
  const std::string& service_token_;
};

void add_book_reads(Routes& routes);
void add_book_writes(Routes& routes);
void add_sales(Routes& routes);
void add_members(Routes& routes);

/// The `{id}` of the route.
[[nodiscard]] Parsed<BookId> path_id(const http::Request& request);
/// `limit`: 1 … max_page.
[[nodiscard]] Parsed<std::size_t> page_limit(const http::Request& request, std::size_t otherwise);
/// A query parameter that is a switch: absent, or `1`.
[[nodiscard]] Parsed<bool> switch_param(const http::Request& request, std::string_view name);

[[nodiscard]] http::Response refused(const FieldError& error);
[[nodiscard]] http::Response refused(const Refusal& refusal);
[[nodiscard]] http::Response unknown_book();

[[nodiscard]] inline json::Format format_of(const Store& store) { return {store.currency().decimals}; }

template <class T>
[[nodiscard]] http::Response json_reply(const Store& store, unsigned status, const T& body) {
  return http::json_response(status, json::encode(body, format_of(store)));
}

/// Says which snapshot the answer is from.
template <class T>
[[nodiscard]] http::Response stamped(http::Response response, const Snapshot<T>& snapshot) {
  response.set(wire::as_of_header, std::to_string(snapshot.as_of));
  response.set(wire::epoch_header, snapshot.epoch);
  return response;
}

}  // namespace bazar::catalog::api
