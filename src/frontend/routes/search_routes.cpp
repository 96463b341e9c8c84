#include "catalog/wire.hpp"
#include "frontend/pages/plain_text.hpp"
#include "frontend/routes/edge.hpp"
#include "frontend/routes/label.hpp"
#include "frontend/routes/relay.hpp"
#include "frontend/routes/replies.hpp"
#include "frontend/routes/routes.hpp"
#include "frontend/routes/wire.hpp"

namespace bazar::frontend {
namespace {

constexpr std::size_t max_query_bytes = 512;

/// A list as it came from the catalog, and where the next page is on this server.
http::Response write_books(const Gateway& gateway, Representation as, BookList list,
                           const balancer::Upstream::Answer& answer) {
  if (as == Representation::json) return http::json_response(200, answer.response.body);
  const auto body = decode_answer<catalog::wire::BookList>(answer);
  list.books = body.books;
  list.total = body.total;
  if (body.next.value) {
    list.next_link += "after=" + percent_encoded(*body.next.value);
  } else {
    list.next_link.clear();
  }
  const std::string notice = notice_of(label_of(answer));
  return as == Representation::html ? html_response(200, gateway.pages.books(list, notice))
                                    : lines_response(notice, plain_text::books(list));
}

/// Read afresh for this request: lists show stock and price, which no listing's version covers.
http::Response finish_list(const Gateway& gateway, http::Response response,
                           const balancer::Upstream::Answer& answer) {
  set_cache_status(response, CacheStatus::bypass);
  response.set("Cache-Control", "no-cache");
  set_served_by(response, gateway.options.name, answer.replica);
  return with_label(std::move(response), label_of(answer));
}

std::string with_limit(std::string link, const http::Request& request) {
  if (const auto limit = request.query_param("limit")) link += "limit=" + percent_encoded(*limit) + '&';
  return link;
}

Task<http::Response> full_text(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  const auto words = request.query_param("q");
  if (!words || words->find_first_not_of(' ') == std::string_view::npos) {
    co_return reply_problem(
        gateway, as,
        http::bad_request({"q", "say what to look for: /search?q=words, or a topic: /search/topic"}));
  }
  if (words->size() > max_query_bytes) {
    co_return reply_problem(gateway, as, http::bad_request({"q", "a search has at most 512 bytes"}));
  }
  const auto answer = co_await fetch(
      gateway.catalog, paged_target("/books", "full=1&q=" + percent_encoded(*words), request), request);
  if (answer.response.status != 200) co_return relay_problem(gateway, as, answer);
  BookList list;
  list.heading = "Books found";
  list.query = *words;
  list.next_link = with_limit("/search?q=" + percent_encoded(*words) + '&', request);
  co_return finish_list(gateway, write_books(gateway, as, std::move(list), answer), answer);
}

Task<http::Response> all_books(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  const auto answer = co_await fetch(gateway.catalog, paged_target("/books", "full=1", request), request);
  if (answer.response.status != 200) co_return relay_problem(gateway, as, answer);
  BookList list;
  list.heading = "All books";
  list.next_link = with_limit("/info?", request);
  co_return finish_list(gateway, write_books(gateway, as, std::move(list), answer), answer);
}

Task<http::Response> topics(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  const auto answer = co_await fetch(gateway.catalog, "/topics", request);
  if (answer.response.status != 200) co_return relay_problem(gateway, as, answer);
  http::Response response;
  if (as == Representation::json) {
    response = http::json_response(200, answer.response.body);
  } else {
    const auto body = decode_answer<catalog::wire::TopicList>(answer);
    const std::string notice = notice_of(label_of(answer));
    response = as == Representation::html ? html_response(200, gateway.pages.home(body.topics, notice))
                                          : lines_response(notice, plain_text::topics(body.topics));
  }
  co_return finish_list(gateway, std::move(response), answer);
}

}  // namespace

void add_search_routes(http::Router& router, Gateway& gateway) {
  add_public(router, gateway, http::Method::get, "/search", full_text);
  add_public(router, gateway, http::Method::get, "/info", all_books);
  add_public(router, gateway, http::Method::get, "/info/all", all_books);
  add_public(router, gateway, http::Method::get, "/topics", topics);
}

}  // namespace bazar::frontend
