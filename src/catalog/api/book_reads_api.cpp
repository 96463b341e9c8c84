#include <algorithm>

#include "base/text.hpp"
#include "catalog/api/api_support.hpp"
#include "http/cache_control.hpp"

namespace bazar::catalog::api {
namespace {

using http::Request;
using http::Response;

Parsed<BookId> page_after(const Request& request) {
  const auto text = request.query_param("after");
  if (!text || *text == "0") return BookId{0};
  const auto id = parse_book_id(*text);
  if (!id) return std::unexpected(FieldError{"after", "must be the next of an earlier page"});
  return *id;
}

struct PageQuery {
  BookId after;
  std::size_t limit = 0;
  bool full = false;
};

Parsed<PageQuery> page_query(const Request& request, std::size_t default_limit) {
  const auto after = page_after(request);
  if (!after) return std::unexpected(after.error());
  const auto limit = page_limit(request, default_limit);
  if (!limit) return std::unexpected(limit.error());
  const auto full = switch_param(request, "full");
  if (!full) return std::unexpected(full.error());
  return PageQuery{*after, *limit, *full};
}

Parsed<std::vector<BookId>> parse_ids(std::string_view text) {
  std::vector<BookId> ids;
  ids.reserve(std::min(static_cast<std::size_t>(std::ranges::count(text, ',')) + 1, wire::max_batch_ids));
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto id = parse_book_id(text.substr(begin, end - begin));
    if (!id) return std::unexpected(FieldError{"ids", "must be positive integers with commas between them"});
    if (ids.size() == wire::max_batch_ids) {
      return std::unexpected(FieldError{"ids", "must be at most " + std::to_string(wire::max_batch_ids)});
    }
    ids.push_back(*id);
    begin = end + 1;
  }
  return ids;
}

Parsed<std::string> bounded_text(std::string_view field, std::string_view text, std::size_t max_bytes) {
  const auto refuse = [&](std::string detail) {
    return std::unexpected(FieldError{std::string(field), std::move(detail)});
  };
  if (text.empty()) return refuse("must not be empty");
  if (text.size() > max_bytes) return refuse("must be at most " + std::to_string(max_bytes) + " bytes");
  if (!is_utf8(text) || has_control_characters(text))
    return refuse("must be UTF-8 without control characters");
  return std::string(text);
}

/// Whole books, or only their titles.
Response list_reply(const Store& store, bool full, wire::BookList list) {
  if (full) return json_reply(store, 200, list);
  wire::TitleList titles{std::move(list.topic), {}, std::move(list.next), list.total};
  titles.books.reserve(list.books.size());
  for (auto& book : list.books) titles.books.push_back({book.id, std::move(book.title)});
  return json_reply(store, 200, titles);
}

/// A client that cannot use a page which may be old says so, and gets an outage instead.
Consistency consistency_of(const Request& request) {
  return http::forbids_stale(request) ? Consistency::strict : Consistency::labelled;
}

Task<Response> books_by_id(Store& store, Request& request) {
  auto ids = parse_ids(*request.query_param("ids"));
  if (!ids) co_return refused(ids.error());
  const auto found = co_await store.books(*std::move(ids), consistency_of(request));
  co_return stamped(http::json_response(200, write_batch(found.value)), found);
}

Task<Response> books_of_topic(Store& store, Request& request) {
  const auto topic = bounded_text("topic", *request.query_param("topic"), max_topic_bytes);
  if (!topic) co_return refused(topic.error());
  const auto query = page_query(request, wire::max_page);
  if (!query) co_return refused(query.error());
  auto found = co_await store.by_topic(*topic, query->after, query->limit, consistency_of(request));
  if (!found.value) {
    co_return stamped(http::to_response({404, "unknown-topic", "No such topic", "No book has this topic."}),
                      found);
  }
  auto& page = *found.value;
  co_return stamped(
      list_reply(store, query->full, {*topic, std::move(page.items), {std::move(page.next)}, {}}), found);
}

Task<Response> books_with_words(Store& store, Request& request) {
  const auto words = bounded_text("q", *request.query_param("q"), wire::max_query_bytes);
  if (!words) co_return refused(words.error());
  const auto limit = page_limit(request, wire::default_page);
  if (!limit) co_return refused(limit.error());
  const auto full = switch_param(request, "full");
  if (!full) co_return refused(full.error());
  std::optional<std::string> after;
  if (const auto text = request.query_param("after")) after = std::string(*text);
  auto found = co_await store.search(*words, std::move(after), *limit);
  if (!found.value) co_return refused(found.value.error());
  auto& page = *found.value;
  co_return stamped(list_reply(store, *full, {{}, std::move(page.books), {std::move(page.next)}, page.total}),
                    found);
}

Task<Response> all_books(Store& store, Request& request) {
  const auto query = page_query(request, wire::default_page);
  if (!query) co_return refused(query.error());
  auto found = co_await store.list(query->after, query->limit);
  auto& page = found.value;
  co_return stamped(list_reply(store, query->full, {{}, std::move(page.items), {std::move(page.next)}, {}}),
                    found);
}

Task<Response> get_books(Store& store, Request& request) {
  const bool ids = request.query_param("ids").has_value();
  const bool topic = request.query_param("topic").has_value();
  const bool words = request.query_param("q").has_value();
  if (ids + topic + words > 1)
    co_return refused(FieldError{topic ? "topic" : "q", "must not stand beside another choice of books"});
  if (ids) co_return co_await books_by_id(store, request);
  if (topic) co_return co_await books_of_topic(store, request);
  if (words) co_return co_await books_with_words(store, request);
  co_return co_await all_books(store, request);
}

Task<Response> get_book(Store& store, Request& request) {
  const auto id = path_id(request);
  if (!id) co_return refused(id.error());
  const auto found = co_await store.books({*id}, consistency_of(request));
  if (found.value.books.empty()) co_return stamped(unknown_book(), found);
  const EncodedBook& book = found.value.books.front();
  Response response = http::json_response(200, std::string(book.json));
  // A write must not be made to depend on what a standby says.
  if (!found.is_labelled()) response.set("ETag", '"' + std::to_string(book.version) + '"');
  co_return stamped(std::move(response), found);
}

Task<Response> get_topics(Store& store, Request&) {
  auto found = co_await store.topics();
  co_return stamped(json_reply(store, 200, wire::TopicList{std::move(found.value)}), found);
}

}  // namespace

void add_book_reads(Routes& routes) {
  routes.add(http::Method::get, "/books", get_books);
  routes.add(http::Method::get, "/books/{id}", get_book);
  routes.add(http::Method::get, "/topics", get_topics);
}

}  // namespace bazar::catalog::api
