#include "experiment/caller.hpp"

#include <fmt/format.h>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "base/random.hpp"

namespace bazar::experiment {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::int64_t plenty = 10'000'000;

std::vector<http::Header> wants_json() { return {{"Accept", "application/json"}}; }

std::vector<http::Header> with_new_key() {
  return {{"Accept", "application/json"}, {"Idempotency-Key", random_hex(12)}};
}

Task<> timed(http::Client& client, const http::Endpoint& server, http::ClientRequest request, Reply& reply) {
  const std::string what = fmt::format("{} {}", http::to_string(request.method), request.target);
  const auto begin = std::chrono::steady_clock::now();
  auto response = co_await client.send(server, std::move(request), begin + patience);
  reply.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  if (response.status / 100 != 2)
    throw std::runtime_error(fmt::format("{} was answered with {} {}", what, response.status, response.body));
  reply.hit = response.header("Cache-Status").value_or("").ends_with("; hit");
  reply.body = std::move(response.body);
}

}  // namespace

http::ClientRequest info(std::int64_t book) {
  return {.target = fmt::format("/info/{}", book), .headers = wants_json()};
}

http::ClientRequest list_books() {
  return {.target = fmt::format("/info?limit={}", demo_books), .headers = wants_json()};
}

http::ClientRequest search(const std::string& topic) {
  return {.target = "/search/" + boost::urls::encode(topic, boost::urls::unreserved_chars),
          .headers = wants_json()};
}

http::ClientRequest purchase(std::int64_t book) {
  return {.method = http::Method::post,
          .target = fmt::format("/purchase/{}", book),
          .headers = with_new_key(),
          .body = R"({"name":"Hiba"})"};
}

http::ClientRequest place_order(std::int64_t book) {
  return {.method = http::Method::post,
          .target = "/orders",
          .headers = with_new_key(),
          .body = fmt::format(R"({{"id":{},"name":"Hiba","quantity":1}})", book)};
}

http::ClientRequest set_price(std::int64_t book, int minor_units) {
  return {.method = http::Method::patch,
          .target = fmt::format("/books/{}", book),
          .headers = wants_json(),
          .body = fmt::format(R"({{"price":{}.{:02}}})", minor_units / 100, minor_units % 100),
          .idempotent = false};
}

http::ClientRequest add_stock(std::int64_t book, std::int64_t copies) {
  return {.method = http::Method::post,
          .target = fmt::format("/books/{}/stock", book),
          .headers = with_new_key(),
          .body = fmt::format(R"({{"delta":{}}})", copies)};
}

Caller::Caller(Laboratory& laboratory, http::Endpoint server, std::string bearer_token)
    : laboratory_(laboratory),
      server_(std::move(server)),
      client_(laboratory.loop(), {.bearer_token = std::move(bearer_token)}) {}

Reply Caller::call(http::ClientRequest request) {
  Reply reply;
  laboratory_.run(timed(client_, server_, std::move(request), reply));
  return reply;
}

void stock_up(Caller& keeper) {
  for (std::int64_t book = 1; book <= demo_books; ++book) (void)keeper.call(add_stock(book, plenty));
}

void stock_up(Laboratory& laboratory, const Store& store) {
  Caller catalog(laboratory, store.endpoints("catalog").at(0), store.service_token());
  stock_up(catalog);
}

}  // namespace bazar::experiment
