#include "frontend/pages/plain_text.hpp"
#include "frontend/routes/awaited.hpp"
#include "frontend/routes/edge.hpp"
#include "frontend/routes/label.hpp"
#include "frontend/routes/relay.hpp"
#include "frontend/routes/replies.hpp"
#include "frontend/routes/routes.hpp"
#include "json/encode.hpp"

namespace bazar::frontend {
namespace {

/// More titles of a topic than its first, cached page has.
struct TopicPage {
  std::string topic;
  std::vector<catalog::BookTitle> books;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(TopicPage, (), (topic, books, next))

constexpr std::size_t default_page = 100;
constexpr std::size_t max_page = 1'000;

/// A page as the client may keep it.
template <class Entry>
http::Response validated(http::Response response, Representation as, const Read<Entry>& read) {
  if (read.labelled) return response;
  // Kept by the client, but asked about each time: what was true a moment ago may not be served again.
  response.set("Cache-Control", "no-cache");
  set_etag(response, as, read.entry->hit->etag());
  return response;
}

template <class Entry>
http::Response with_provenance(http::Response response, const Gateway& gateway, const Read<Entry>& read) {
  set_cache_status(response, read.status);
  set_served_by(response, gateway.options.name, read.replica);
  return with_label(std::move(response), read.labelled);
}

/// The answer that the entry has ready: no field of it tells from which hit it is.
template <class Entry>
http::Response answer_to_hit(std::shared_ptr<const Entry> entry) {
  const http::PreparedResponse* const hit = &*entry->hit;
  return {.prepared = {std::move(entry), hit}};
}

/// The entry's answer, as one that comes from elsewhere. What may be old has neither ETag nor the answer to
/// it.
template <class Entry>
http::Response json_answer(const Read<Entry>& read) {
  if (read.labelled) return http::json_response(200, std::string(read.entry->hit->body()));
  return answer_to_hit(read.entry);
}

http::Response write_book(const Gateway& gateway, Representation as, const Read<BookEntry>& read) {
  const std::string notice = notice_of(read.labelled);
  switch (as) {
    case Representation::html:
      return validated(html_response(200, gateway.pages.book(read.entry->book(), notice)), as, read);
    case Representation::text:
      return validated(lines_response(notice, plain_text::book(read.entry->book())), as, read);
    case Representation::json:
      break;
  }
  return json_answer(read);
}

http::Response show_book(const Gateway& gateway, const http::Request& request, Representation as, BookId id,
                         const Read<BookEntry>& read) {
  require_acceptable(request, read.labelled);
  if (!read.entry) {
    http::Problem problem = http::not_found("There is no book with this id.");
    problem.members.emplace_back("book_id", std::to_string(id.value));
    return with_provenance(reply_problem(gateway, as, problem, notice_of(read.labelled)), gateway, read);
  }
  return with_provenance(write_book(gateway, as, read), gateway, read);
}

Task<http::Response> show_book_later(Gateway& gateway, http::Request& request, Representation as, BookId id,
                                     Task<Read<BookEntry>> reading) {
  co_return show_book(gateway, request, as, id, co_await std::move(reading));
}

class AwaitedBook final : public Awaited, public Waiter<BookEntry> {
 public:
  AwaitedBook(Gateway& gateway, http::Request& request, Representation as, BookId id)
      : Awaited(gateway, request), Waiter(request.deadline, request.trace), as_(as), id_(id) {}

  void succeed(Read<BookEntry> read) override {
    answer([&] { return show_book(gateway(), request(), as_, id_, read); });
  }
  void fail(std::exception_ptr error) override {
    answer_later([error = std::move(error)]() -> http::Reply { std::rethrow_exception(error); });
  }

 private:
  const Representation as_;
  const BookId id_;
};

http::Reply info(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  const auto id = parse_book_id(request.params[0]);
  if (!id) return reply_problem(gateway, as, http::bad_request({"id", "a book's id is a positive integer"}));
  Reading<BookEntry> reading = gateway.reader.book(*id, request.deadline, request.trace);
  if (reading.shed) return shed(gateway, request);
  if (reading.hit && as == Representation::json) return answer_to_hit(std::move(reading.hit));
  if (reading.hit)
    return show_book(gateway, request, as, *id, {std::move(reading.hit), CacheStatus::hit, {}});
  if (reading.later) return show_book_later(gateway, request, as, *id, *std::move(reading.later));
  auto awaited = std::make_shared<AwaitedBook>(gateway, request, as, *id);
  gateway.reader.wait(*id, reading.terms, awaited);
  return awaited;
}

/// Where the page after this one is, with as many books as was asked for; empty where there is none.
std::string next_topic_page(const http::Request& request, const std::optional<std::string>& next) {
  if (!next) return {};
  std::string link = topic_link(request.params[0]) + '?';
  if (const auto limit = request.query_param("limit")) link += "limit=" + percent_encoded(*limit) + '&';
  return link + "after=" + percent_encoded(*next);
}

http::Response write_topic(const Gateway& gateway, Representation as, const std::string& topic,
                           const Read<TopicEntry>& read, const std::string& next_link) {
  const std::string notice = notice_of(read.labelled);
  switch (as) {
    case Representation::html:
      return validated(html_response(200, gateway.pages.topic(topic, read.entry->books, next_link, notice)),
                       as, read);
    case Representation::text:
      return validated(lines_response(notice, plain_text::topic(topic, read.entry->books, next_link)), as,
                       read);
    case Representation::json:
      break;
  }
  return json_answer(read);
}

http::Problem no_such_topic() {
  return http::not_found("No book has this topic. GET /topics lists them all.");
}

Task<http::Response> show_topic(Gateway& gateway, http::Request& request, Representation as,
                                Reading<TopicEntry> reading) {
  const std::string topic = request.params[0];
  Read<TopicEntry> read{std::move(reading.hit), CacheStatus::hit, {}};
  if (reading.later) read = co_await *std::move(reading.later);
  require_acceptable(request, read.labelled);
  if (!read.entry) {
    co_return with_provenance(reply_problem(gateway, as, no_such_topic(), notice_of(read.labelled)), gateway,
                              read);
  }
  co_return with_provenance(write_topic(gateway, as, topic, read, next_topic_page(request, read.entry->next)),
                            gateway, read);
}

http::Reply first_topic_page(Gateway& gateway, http::Request& request, Representation as) {
  Reading<TopicEntry> reading = gateway.reader.topic(request.params[0], request.deadline, request.trace);
  if (reading.shed) return shed(gateway, request);
  if (reading.hit && as == Representation::json) return answer_to_hit(std::move(reading.hit));
  return show_topic(gateway, request, as, std::move(reading));
}

struct Paging {
  BookId after{};
  std::size_t limit = default_page;
};

std::expected<Paging, FieldError> parse_paging(const http::Request& request) {
  Paging paging;
  if (const auto after = request.query_param("after")) {
    const auto id = parse_book_id(*after);
    if (!id) return std::unexpected(FieldError{"after", "expected the next of the page before"});
    paging.after = *id;
  }
  if (const auto limit = request.query_param("limit")) {
    const auto number = parse_book_id(*limit);
    if (!number || number->value > static_cast<std::int64_t>(max_page)) {
      return std::unexpected(FieldError{"limit", "expected an integer from 1 to 1000"});
    }
    paging.limit = static_cast<std::size_t>(number->value);
  }
  return paging;
}

Task<http::Response> further_topic_page(Gateway& gateway, http::Request& request, Representation as,
                                        Paging paging) {
  const std::string topic = request.params[0];
  auto page = co_await gateway.catalog_client.by_topic(topic, paging.after, paging.limit, request.deadline,
                                                       request.trace);
  const Label label = label_of(page.snapshot);
  require_acceptable(request, label);
  const std::string notice = notice_of(label);
  http::Response response;
  if (!page.snapshot.value) {
    response = reply_problem(gateway, as, no_such_topic(), notice);
  } else {
    TopicPage titles{topic, {}, std::move(page.snapshot.value->next)};
    for (catalog::Book& book : page.snapshot.value->items)
      titles.books.push_back({book.id, std::move(book.title)});
    const std::string next_link = next_topic_page(request, titles.next);
    switch (as) {
      case Representation::html:
        response = html_response(200, gateway.pages.topic(topic, titles.books, next_link, notice));
        break;
      case Representation::text:
        response = lines_response(notice, plain_text::topic(topic, titles.books, next_link));
        break;
      case Representation::json:
        response = http::json_response(200, json::encode(titles));
        break;
    }
  }
  set_cache_status(response, CacheStatus::bypass);
  set_served_by(response, gateway.options.name, page.replica);
  co_return with_label(std::move(response), label);
}

http::Reply search_topic(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  if (request.params[0].empty() || request.params[0].size() > catalog::max_topic_bytes) {
    return reply_problem(gateway, as, http::bad_request({"topic", "a topic has 1 to 512 bytes"}));
  }
  if (!request.query_param("after") && !request.query_param("limit")) {
    return first_topic_page(gateway, request, as);
  }
  const auto paging = parse_paging(request);
  if (!paging) return reply_problem(gateway, as, http::bad_request(paging.error()));
  return further_topic_page(gateway, request, as, *paging);
}

}  // namespace

void add_books_routes(http::Router& router, Gateway& gateway) {
  add_public(router, gateway, http::Method::get, "/info/{id}", info);
  add_public(router, gateway, http::Method::get, "/search/{topic}", search_topic);
}

}  // namespace bazar::frontend
