#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "catalog/api/api_support.hpp"
#include "catalog/idempotency_key.hpp"
#include "json/decode.hpp"

namespace bazar::catalog::api {
namespace {

using http::Request;
using http::Response;

constexpr std::int64_t max_delta = max_stock;

std::unexpected<FieldError> refuse(std::string field, std::string detail) {
  return std::unexpected(FieldError{std::move(field), std::move(detail)});
}

/// Whether the member is a number that no book may have, rather than no number at all: a whole one where
/// `quantity` or `year` is asked for, and a price outside of its range (but not one with too many decimals,
/// which is malformed).
bool is_number_out_of_range(std::string_view body, const std::string& field, const Currency& currency) {
  boost::system::error_code fault;
  const auto value = boost::json::parse(boost::json::string_view(body.data(), body.size()), fault);
  if (fault || !value.is_object()) return false;
  const auto* member = value.as_object().if_contains(field);
  if (member == nullptr || !member->is_number()) return false;
  const double number = member->to_number<double>(fault);
  if (fault) return false;
  if (field == "price")
    return number < 0 || number * std::pow(10.0, currency.decimals) > static_cast<double>(Money::max);
  return number == std::floor(number);
}

bool is_amount_field(std::string_view field) {
  return field == "quantity" || field == "price" || field == "year";
}

/// PUT and PATCH answer an amount outside of its bounds with 403, as the first store's contract did; what is
/// malformed stays 400.
Response refused_write(const FieldError& error) {
  const bool quantity = error.field == "quantity";
  http::Problem problem{403, quantity ? "invalid-quantity" : "invalid-value",
                        quantity ? "Quantity refused" : "Value refused", error.field + " " + error.detail};
  problem.members.emplace_back("field", json::encode(error.field));
  return http::to_response(problem);
}

/// The body of a PUT or PATCH of book `id`: decoded, within bounds and about that book.
template <class Body>
std::expected<Body, Response> read_write(const Store& store, const Request& request, BookId id) {
  auto body = json::decode<Body>(request.body, format_of(store));
  if (!body) {
    const auto& error = body.error();
    const bool out_of_range =
        is_amount_field(error.field) && is_number_out_of_range(request.body, error.field, store.currency());
    return std::unexpected(out_of_range ? refused_write(error) : refused(error));
  }
  if (body->id && *body->id != id)
    return std::unexpected(refused(FieldError{"id", "must be that of the path"}));
  if (const auto valid = validate(*body, store.currency()); !valid) {
    return std::unexpected(is_amount_field(valid.error().field) ? refused_write(valid.error())
                                                                : refused(valid.error()));
  }
  return *std::move(body);
}

/// If-Match (RFC 9110, 13.1.1) as this API gives tags out: one quoted version, or `*` for any.
Parsed<std::optional<Revision>> if_match(const Request& request) {
  const auto header = request.header("If-Match");
  if (!header || *header == "*") return std::nullopt;
  Revision version = 0;
  const bool quoted = header->size() > 2 && header->front() == '"' && header->back() == '"';
  const auto digits = quoted ? header->substr(1, header->size() - 2) : std::string_view();
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (!quoted || fault != std::errc{} || end != digits.data() + digits.size() || version < 0) {
    return refuse("If-Match", "must be one quoted version, or *");
  }
  return version;
}

/// A version in the body must match as one in If-Match does.
Parsed<std::optional<Revision>> expected_version(const Request& request, std::optional<Revision> in_body) {
  auto header = if_match(request);
  if (!header || !in_body) return header;
  if (*header && **header != *in_body) return refuse("version", "must be that of If-Match");
  return in_body;
}

template <class Body>
using Write = Task<std::expected<Written, Refusal>> (Store::*)(BookId, Body, std::optional<Revision>);

template <class Body, Write<Body> write>
Task<Response> write_book(Store& store, Request& request) {
  const auto id = path_id(request);
  if (!id) co_return refused(id.error());
  auto body = read_write<Body>(store, request, *id);
  if (!body) co_return std::move(body.error());
  const auto version = expected_version(request, body->version);
  if (!version) co_return refused(version.error());
  const auto written = co_await (store.*write)(*id, *std::move(body), *version);
  if (!written) co_return refused(written.error());
  Response response = http::no_content();
  response.set("ETag", '"' + std::to_string(written->book.version) + '"');
  co_return response;
}

Response& mark_replay(Response& response, bool replayed) {
  if (replayed) response.set("Idempotent-Replayed", "true");
  return response;
}

Parsed<BookDraft> read_draft(const Store& store, const Request& request) {
  auto draft = json::decode<BookDraft>(request.body, format_of(store));
  if (!draft) return draft;
  if (draft->version) return refuse("version", "must be left out: a new book has none yet");
  if (auto valid = validate(*draft, store.currency()); !valid)
    return std::unexpected(std::move(valid.error()));
  return draft;
}

Task<Response> post_book(Store& store, Request& request) {
  const auto key = idempotency_key(request);
  if (!key) co_return refused(key.error());
  auto draft = read_draft(store, request);
  if (!draft) co_return refused(draft.error());
  // Of what was understood, not of the bytes: spelling and order of members do not matter.
  const auto fingerprint = sha256_hex("POST /books\n" + json::encode(*draft, format_of(store)));
  const auto written = co_await store.create(*std::move(draft), key->value_or(""), fingerprint);
  if (!written) co_return refused(written.error());
  Response response = json_reply(store, 201, written->book);
  response.set("Location", "/books/" + std::to_string(written->book.id.value));
  response.set("ETag", '"' + std::to_string(written->book.version) + '"');
  co_return mark_replay(response, written->replayed);
}

Task<Response> post_stock(Store& store, Request& request) {
  const auto id = path_id(request);
  if (!id) co_return refused(id.error());
  const auto key = idempotency_key(request);
  if (!key) co_return refused(key.error());
  if (!*key) co_return refused(FieldError{"Idempotency-Key", "is missing"});
  const auto body = json::decode<wire::StockDelta>(request.body);
  if (!body) co_return refused(body.error());
  if (body->delta < -max_delta || body->delta > max_delta) {
    co_return refused(FieldError{
        "delta", "must be from -" + std::to_string(max_delta) + " to " + std::to_string(max_delta)});
  }
  const auto meaning = "POST /books/" + std::to_string(id->value) + "/stock\n" + std::to_string(body->delta);
  const auto level = co_await store.adjust_stock(*id, body->delta, **key, sha256_hex(meaning));
  if (!level) co_return refused(level.error());
  Response response = json_reply(store, 200, wire::StockLevel{level->quantity, level->version});
  co_return mark_replay(response, level->replayed);
}

Task<Response> delete_book(Store& store, Request& request) {
  const auto id = path_id(request);
  if (!id) co_return refused(id.error());
  const auto version = if_match(request);
  if (!version) co_return refused(version.error());
  const auto removed = co_await store.remove(*id, *version);
  co_return removed ? http::no_content() : refused(removed.error());
}

std::expected<void, FieldError> check_row(const wire::ImportRow& row, const Currency& currency) {
  if (!is_visible_ascii_key(row.key)) return refuse("key", "must be 1 to 255 visible ASCII characters");
  auto valid = validate(row.book, currency);
  if (!valid) valid.error().field.insert(0, "book.");
  return valid;
}

std::string_view to_string(ImportResult result) {
  switch (result) {
    case ImportResult::created:
      return "created";
    case ImportResult::present:
      return "present";
    case ImportResult::id_taken:
      return "id_taken";
  }
  return "unknown";
}

/// A row that no book could be made of is reported and spoils no other.
Task<Response> post_batch(Store& store, Request& request) {
  auto body = json::decode<wire::ImportRequest>(request.body, format_of(store));
  if (!body) co_return refused(body.error());
  if (body->items.size() > wire::max_import_items) {
    co_return refused(FieldError{"items", "must be at most " + std::to_string(wire::max_import_items)});
  }
  wire::ImportResults reply;
  reply.results.resize(body->items.size());
  std::vector<ImportItem> items;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < body->items.size(); ++i) {
    auto& row = body->items[i];
    if (auto valid = check_row(row, store.currency()); !valid) {
      reply.results[i] = {"invalid", std::move(valid.error().field), std::move(valid.error().detail)};
      continue;
    }
    row.book.version.reset();  // of the store that the row was exported from
    items.push_back({std::move(row.key), std::move(row.book)});
    places.push_back(i);
  }
  if (!items.empty()) {
    const auto results = co_await store.import(std::move(items));
    for (std::size_t i = 0; i < places.size(); ++i)
      reply.results[places[i]].result = to_string(results.at(i));
  }
  co_return json_reply(store, 200, reply);
}

}  // namespace

void add_book_writes(Routes& routes) {
  http::BodyRule patch = http::BodyRule::json();
  patch.media_types.emplace_back("application/merge-patch+json");
  routes.add(http::Method::post, "/books", http::BodyRule::json(), post_book);
  routes.add(http::Method::post, "/books/batch", http::BodyRule::json(wire::batch_body_bytes), post_batch);
  routes.add(http::Method::put, "/books/{id}", http::BodyRule::json(),
             write_book<BookDraft, &Store::replace>);
  routes.add(http::Method::patch, "/books/{id}", patch, write_book<BookPatch, &Store::patch>);
  routes.add(http::Method::del, "/books/{id}", delete_book);
  routes.add(http::Method::post, "/books/{id}/stock", http::BodyRule::json(), post_stock);
}

}  // namespace bazar::catalog::api
