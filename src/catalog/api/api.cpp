#include "catalog/api/api.hpp"

#include <charconv>

#include "catalog/api/api_support.hpp"
#include "http/operations.hpp"

namespace bazar::catalog {
namespace api {
namespace {

http::Problem to_problem(const Refusal& refusal) {
  using Reason = Refusal::Reason;
  switch (refusal.reason) {
    case Reason::not_found:
      return {404, "unknown-book", "No such book", "There is no book with this id."};
    case Reason::id_taken:
      return {409, "id-taken", "The id is taken", "Another book has this id."};
    case Reason::isbn_taken:
      return {409, "isbn-taken", "The ISBN is taken", "Another book has this ISBN."};
    case Reason::version_moved:
      return {412, "version-moved", "The version moved on",
              "The book has changed since the version that you name."};
    case Reason::below_zero:
      return {403,
              "invalid-quantity",
              "Quantity refused",
              "The stock would fall below zero.",
              {{"available", std::to_string(refusal.available)}}};
    case Reason::above_maximum:
      return {403,
              "invalid-quantity",
              "Quantity refused",
              "The stock would rise above the maximum.",
              {{"available", std::to_string(refusal.available)}}};
    case Reason::key_reused:
      return {422, "key-reused", "The key was used before",
              "This idempotency key came before with another request."};
    case Reason::not_live:
      return {409, "not-live", "Not a live member",
              "Forget what you cached and register under a new incarnation."};
  }
  return {500, "internal", "Internal error"};
}

}  // namespace

void Routes::add(http::Method method, std::string pattern, http::BodyRule body, StoreHandler handler) {
  router_.add(method, std::move(pattern), std::move(body),
              http::require_service_token(service_token_, [store = &store_, handler](http::Request& request) {
                return handler(*store, request);
              }));
}

Parsed<BookId> path_id(const http::Request& request) {
  const auto id = parse_book_id(request.params.at(0));
  if (!id) return std::unexpected(FieldError{"id", "must be a positive integer up to 2^53-1"});
  return *id;
}

Parsed<std::size_t> page_limit(const http::Request& request, std::size_t otherwise) {
  const auto text = request.query_param("limit");
  if (!text) return otherwise;
  std::size_t limit = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (fault != std::errc{} || end != text->data() + text->size() || limit < 1 || limit > wire::max_page) {
    return std::unexpected(FieldError{"limit", "must be from 1 to " + std::to_string(wire::max_page)});
  }
  return limit;
}

Parsed<bool> switch_param(const http::Request& request, std::string_view name) {
  const auto text = request.query_param(name);
  if (!text) return false;
  if (*text != "1") return std::unexpected(FieldError{std::string(name), "must be 1, or left out"});
  return true;
}

http::Response refused(const FieldError& error) { return http::to_response(http::bad_request(error)); }
http::Response refused(const Refusal& refusal) { return http::to_response(to_problem(refusal)); }
http::Response unknown_book() { return refused(Refusal{Refusal::Reason::not_found}); }

}  // namespace api

void add_api(http::Router& router, Store& store, const std::string& service_token) {
  api::Routes routes(router, store, service_token);
  api::add_book_reads(routes);
  api::add_book_writes(routes);
  api::add_sales(routes);
  api::add_members(routes);
}

}  // namespace bazar::catalog
