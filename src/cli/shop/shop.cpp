#include "cli/shop/shop.hpp"

#include <fmt/format.h>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "cli/failure.hpp"
#include "frontend/routes/replies.hpp"
#include "http/uri.hpp"
#include "json/encode.hpp"

namespace bazar::cli {
namespace {

using frontend::percent_encoded;
using http::ClientRequest;
using http::Method;

std::string with_after(std::string target, const std::string& after) {
  if (after.empty()) return target;
  target += target.find('?') == std::string::npos ? '?' : '&';
  return target + "after=" + percent_encoded(after);
}

bool is_success(const http::ClientResponse& response) {
  return response.status >= 200 && response.status < 300;
}

}  // namespace

std::string with_cursor_flag(std::string text) {
  constexpr std::string_view marker = "\nmore: ";
  const auto line = text.rfind(marker);
  if (line == std::string::npos) return text;
  const auto link = std::string_view(text).substr(line + marker.size());
  const auto cursor_at = link.rfind("after=");
  if (cursor_at == std::string_view::npos) return text;
  auto cursor = link.substr(cursor_at + std::string_view("after=").size());
  cursor = cursor.substr(0, cursor.find_first_of("&\n"));
  const auto decoded = http::percent_decode(cursor, http::PlusSign::space);
  if (!decoded) return text;
  return fmt::format("{}{}--after {}\n", text.substr(0, line), marker, *decoded);
}

Shop::Shop(StoreFlags flags, bool json, std::FILE* out)
    : flags_(std::move(flags)), json_(json), out_(out), shopper_(flags_.url, {}) {}

void Shop::search(const std::string& topic, const std::string& after) {
  show(get(with_after("/search/" + percent_encoded(topic), after)));
}

void Shop::find(const std::string& words, const std::string& after) {
  show(get(with_after("/search?q=" + percent_encoded(words), after)));
}

void Shop::info(const std::string& book_id) { show(get("/info/" + percent_encoded(book_id))); }

void Shop::topics() { show(get("/topics")); }

void Shop::orders(const std::string& name, const std::string& after) {
  show(get(with_after("/orders?name=" + percent_encoded(name), after)));
}

void Shop::order(const std::string& order_id) { show(get("/orders/" + percent_encoded(order_id))); }

void Shop::buy(Purchase purchase) {
  if (purchase.key.empty()) purchase.key = random_hex(16);
  auto request = get("/purchase/" + percent_encoded(purchase.book_id));
  request.method = Method::post;
  request.headers.push_back({"Idempotency-Key", purchase.key});
  request.body =
      fmt::format(R"({{"name":{},"quantity":{}}})", json::encode(purchase.name), purchase.quantity);
  print(settle(shopper_, std::move(request), "whether the purchase went through", purchase.key));
}

void Shop::price(const std::string& book_id, const std::string& price) {
  const ClientRequest request{.method = Method::patch,
                              .target = "/books/" + percent_encoded(book_id),
                              .headers = {{"Accept", "application/json"}},
                              .body = R"({"price":)" + price + "}"};
  // Setting a price twice is the same as once: asked again without a key.
  const auto answer = shopkeeper().ask(request);
  if (!is_success(answer)) throw Failure(refusal_text(answer));
  info(book_id);
}

void Shop::restock(const std::string& book_id, std::int64_t delta, std::string key) {
  if (key.empty()) key = random_hex(16);
  ClientRequest request{.method = Method::post,
                        .target = "/books/" + percent_encoded(book_id) + "/stock",
                        .headers = {{"Accept", "application/json"}, {"Idempotency-Key", key}},
                        .body = fmt::format(R"({{"delta":{}}})", delta)};
  const auto answer = settle(shopkeeper(), std::move(request), "whether the stock has changed", key);
  if (json_ || !is_success(answer)) return print(answer);
  info(book_id);
}

ClientRequest Shop::get(std::string target) const {
  return {.target = std::move(target), .headers = {{"Accept", json_ ? "application/json" : "text/plain"}}};
}

void Shop::show(ClientRequest request) { print(shopper_.ask(std::move(request))); }

void Shop::print(const http::ClientResponse& response) {
  if (!is_success(response)) throw Failure(refusal_text(response));
  auto text = printable(response.body);
  if (!json_) text = with_cursor_flag(std::move(text));
  if (!text.ends_with('\n')) text += '\n';
  if (std::fwrite(text.data(), 1, text.size(), out_) != text.size() || std::fflush(out_) != 0)
    throw Failure("cannot write the answer to standard output");
}

http::ClientResponse Shop::settle(StoreClient& client, ClientRequest request, const std::string& what,
                                  const std::string& key) {
  auto delivery = client.deliver(std::move(request));
  if (delivery.settled) return *std::move(delivery.response);
  if (!delivery.may_have_arrived) throw Failure(unreachable(client.url()));
  throw Failure(
      fmt::format("{} is unknown: the store does not answer. Say it again with --key {}, and it happens once",
                  what, key));
}

StoreClient& Shop::shopkeeper() {
  if (!shopkeeper_) shopkeeper_.emplace(flags_.url, shopkeeper_token(flags_));
  return *shopkeeper_;
}

}  // namespace bazar::cli
