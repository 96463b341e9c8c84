#include "audit/store_calls.hpp"

#include <fmt/format.h>

#include <charconv>

#include "catalog/wire.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"
#include "orders/wire.hpp"

namespace bazar::audit {
namespace {

using http::ClientRequest;
using http::ClientResponse;
using http::Method;
using Meaning = Answer::Meaning;

const std::vector<http::Header> wants_json{{"Accept", "application/json"}};

std::vector<http::Header> with_key(const std::string& key) {
  return {{"Accept", "application/json"}, {"Idempotency-Key", key}};
}

std::string text_of(const ClientResponse& response) {
  return fmt::format("{} {}", response.status, response.body);
}

/// Answers that say nothing about the request but "not now".
bool asks_to_come_again(const ClientResponse& response) {
  return response.status >= 500 || response.status == 429 ||
         (response.status == 409 && response.header("Retry-After"));
}

Answer strange(const ClientRequest& request, const ClientResponse& response) {
  return {.meaning = Meaning::strange,
          .text = fmt::format("{} {} was answered with {}", http::to_string(request.method), request.target,
                              text_of(response))};
}

/// The version that an ETag such as `"17"` names, or `"17-json"`.
std::optional<Revision> version_of(const ClientResponse& response) {
  const auto tag = response.header("ETag");
  if (!tag || !tag->starts_with('"')) return std::nullopt;
  Revision version = 0;
  const auto [end, error] = std::from_chars(tag->data() + 1, tag->data() + tag->size(), version);
  return error == std::errc{} ? std::optional(version) : std::nullopt;
}

/// A store has one currency, and every answer with money names it.
json::Format money_format_of(std::string_view body, json::Format otherwise) {
  constexpr std::string_view name = R"("currency":")";
  const auto at = body.find(name);
  if (at == std::string_view::npos) return otherwise;
  const auto currency = find_currency(body.substr(at + name.size(), 3));
  return currency ? json::Format{currency->decimals} : otherwise;
}

ClientRequest edit(Method method, std::string target, std::string body, std::vector<http::Header> headers) {
  return {
      .method = method, .target = std::move(target), .headers = std::move(headers), .body = std::move(body)};
}

}  // namespace

StoreCalls::StoreCalls(Loop& loop, std::string shopkeeper_token)
    : shopper_(loop, {}), shopkeeper_(loop, {.bearer_token = std::move(shopkeeper_token)}) {}

Task<StoreCalls::Sent> StoreCalls::send(http::Client& client, http::Endpoint frontend, ClientRequest request,
                                        SteadyTime deadline) {
  Sent sent;
  try {
    sent.response = co_await client.send(frontend, std::move(request), deadline);
    if (!asks_to_come_again(*sent.response)) co_return sent;
    sent.trouble.text = fmt::format("status {}", sent.response->status);
    sent.response.reset();
  } catch (const http::ConnectFailed&) {
    sent.trouble.meaning = Meaning::not_sent;
    sent.trouble.text = "no connection";
  } catch (const DeadlineExceeded&) {
    sent.trouble.text = "no answer in time";
  } catch (const Outage&) {
    sent.trouble.text = "connection lost";
  }
  co_return sent;
}

Task<Answer> StoreCalls::read(http::Endpoint frontend, BookId id, SteadyTime deadline) {
  const ClientRequest request{.target = fmt::format("/info/{}", id.value), .headers = wants_json};
  Sent sent = co_await send(shopper_, std::move(frontend), request, deadline);
  if (!sent.response) co_return sent.trouble;
  // Served while there is no primary to ask, and labelled so: nothing is promised.
  if (sent.response->header(catalog::wire::as_of_header)) co_return Answer{.text = "labelled as maybe old"};
  format_ = money_format_of(sent.response->body, format_);
  const auto book = json::decode<catalog::Book>(sent.response->body, format_);
  if (sent.response->status != 200 || !book || book->id != id) co_return strange(request, *sent.response);
  Answer answer{.meaning = Meaning::done, .text = text_of(*sent.response)};
  answer.seen = {book->price, book->quantity};
  answer.version = book->version;
  co_return answer;
}

Task<Answer> StoreCalls::buy(http::Endpoint frontend, BookId id, std::int64_t copies, std::string name,
                             std::string key, SteadyTime deadline) {
  const ClientRequest request =
      edit(Method::post, fmt::format("/purchase/{}", id.value),
           fmt::format(R"({{"name":{},"quantity":{}}})", json::encode(name), copies), with_key(key));
  Sent sent = co_await send(shopper_, std::move(frontend), request, deadline);
  if (!sent.response) co_return sent.trouble;
  Answer answer{.meaning = Meaning::refused, .text = text_of(*sent.response)};
  if (sent.response->status == 403) co_return answer;
  format_ = money_format_of(sent.response->body, format_);
  auto receipt = json::decode<orders::Receipt>(sent.response->body, format_);
  if (sent.response->status != 200 || !receipt || receipt->book_id != id || receipt->quantity != copies ||
      receipt->name != name) {
    co_return strange(request, *sent.response);
  }
  answer.meaning = Meaning::done;
  answer.receipt = *std::move(receipt);
  co_return answer;
}

Task<Answer> StoreCalls::set_price(http::Endpoint frontend, BookId id, Money price, SteadyTime deadline) {
  ClientRequest request =
      edit(Method::patch, fmt::format("/books/{}", id.value),
           fmt::format(R"({{"price":{}}})", to_string(price, format_.money_decimals)), wants_json);
  request.idempotent = false;  // a second one might undo what another has set between
  Sent sent = co_await send(shopkeeper_, std::move(frontend), request, deadline);
  if (!sent.response) co_return sent.trouble;
  if (sent.response->status != 204) co_return strange(request, *sent.response);
  Answer answer{.meaning = Meaning::done, .text = text_of(*sent.response)};
  answer.version = version_of(*sent.response);
  co_return answer;
}

Task<Answer> StoreCalls::add_stock(http::Endpoint frontend, BookId id, std::int64_t delta, std::string key,
                                   SteadyTime deadline) {
  const ClientRequest request = edit(Method::post, fmt::format("/books/{}/stock", id.value),
                                     fmt::format(R"({{"delta":{}}})", delta), with_key(key));
  Sent sent = co_await send(shopkeeper_, std::move(frontend), request, deadline);
  if (!sent.response) co_return sent.trouble;
  Answer answer{.meaning = Meaning::refused, .text = text_of(*sent.response)};
  if (sent.response->status == 403) co_return answer;
  const auto level = json::decode<catalog::wire::StockLevel>(sent.response->body);
  if (sent.response->status != 200 || !level) co_return strange(request, *sent.response);
  answer.meaning = Meaning::done;
  answer.version = level->version;
  co_return answer;
}

Task<std::optional<std::vector<orders::Order>>> StoreCalls::orders_of(http::Endpoint frontend,
                                                                      std::string name, SteadyTime deadline) {
  std::vector<orders::Order> all;
  std::string after;
  do {
    std::string target = fmt::format("/orders?name={}&limit={}", name, orders::wire::max_page);
    if (!after.empty()) target += "&after=" + after;
    const Sent sent = co_await send(shopper_, frontend, {.target = target, .headers = wants_json}, deadline);
    if (!sent.response || sent.response->status != 200) co_return std::nullopt;
    const auto format = money_format_of(sent.response->body, format_);
    auto page = json::decode<orders::wire::OrderPage<orders::Order>>(sent.response->body, format);
    if (!page) co_return std::nullopt;
    std::ranges::move(page->orders, std::back_inserter(all));
    after = page->next.value.value_or("");
  } while (!after.empty());
  co_return all;
}

Task<StoreCalls::OrderLookup> StoreCalls::order(http::Endpoint frontend, OrderId id, SteadyTime deadline) {
  const ClientRequest request{.target = "/orders/" + to_string(id), .headers = wants_json};
  const Sent sent = co_await send(shopper_, std::move(frontend), request, deadline);
  OrderLookup lookup;
  if (!sent.response) co_return lookup;
  lookup.answered = true;
  if (sent.response->status != 200) co_return lookup;
  const auto format = money_format_of(sent.response->body, format_);
  if (auto order = json::decode<orders::Order>(sent.response->body, format)) lookup.order = *std::move(order);
  co_return lookup;
}

Task<BookId> StoreCalls::create_book(http::Endpoint frontend, std::string title, BookState state,
                                     std::string key, SteadyTime deadline) {
  const ClientRequest request =
      edit(Method::post, "/books",
           fmt::format(R"({{"title":{},"topic":"audit","price":{},"quantity":{}}})", json::encode(title),
                       to_string(state.price, format_.money_decimals), state.quantity),
           with_key(key));
  const Sent sent = co_await send(shopkeeper_, std::move(frontend), request, deadline);
  if (!sent.response) throw Unavailable("cannot add a book: " + sent.trouble.text);
  const auto format = money_format_of(sent.response->body, format_);
  const auto book = json::decode<catalog::Book>(sent.response->body, format);
  if (sent.response->status != 201 || !book)
    throw Unavailable("cannot add a book: the store answered " + text_of(*sent.response));
  co_return book->id;
}

Task<bool> StoreCalls::remove_book(http::Endpoint frontend, BookId id, SteadyTime deadline) {
  const ClientRequest request = edit(Method::del, fmt::format("/books/{}", id.value), "", wants_json);
  const Sent sent = co_await send(shopkeeper_, std::move(frontend), request, deadline);
  co_return sent.response && (sent.response->status == 204 || sent.response->status == 404);
}

}  // namespace bazar::audit
