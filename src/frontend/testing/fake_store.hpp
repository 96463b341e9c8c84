#pragma once

#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <string>

#include "frontend/testing/test_support.hpp"
#include "http/problem.hpp"

namespace bazar::frontend::testing {

inline constexpr auto book_2 =
    R"({"id":2,"title":"RPCs <b>","topic":"distributed systems","price":22.35,"currency":"USD","quantity":60,"version":17})";

inline http::Response stamped(http::Response response) {
  response.set("Bazar-As-Of", "17");
  response.set("Bazar-Epoch", "e");
  return response;
}

/// `GET /books` of a catalog that has book 2 only.
inline http::Response books(const Seen& seen) {
  const std::string& target = seen.target;
  if (target.find("ids=2") != std::string::npos) {
    return stamped(http::json_response(200, std::string(R"({"books":[)") + book_2 + R"(],"missing":[]})"));
  }
  if (target.find("ids=") != std::string::npos) {
    return stamped(http::json_response(
        200, R"({"books":[],"missing":[)" + target.substr(target.find("ids=") + 4) + "]}"));
  }
  if (target.find("topic=distributed%20systems") != std::string::npos) {
    const std::string next = target.find("limit=7") != std::string::npos ? R"("2")" : "null";
    return stamped(http::json_response(200, std::string(R"({"topic":"distributed systems","books":[)") +
                                                book_2 + R"(],"next":)" + next + '}'));
  }
  if (target.find("topic=") != std::string::npos)
    return stamped(http::to_response(http::not_found("No such topic.")));
  if (target.find("limit=bad") != std::string::npos) {
    return http::to_response(http::bad_request({"limit", "must be from 1 to 1000"}));
  }
  if (target.find("q=") != std::string::npos) {
    return stamped(
        http::json_response(200, std::string(R"({"books":[)") + book_2 + R"(],"next":"c/2","total":12})"));
  }
  return stamped(http::json_response(200, std::string(R"({"books":[)") + book_2 + R"(],"next":"2"})"));
}

inline constexpr auto order_1 =
    R"({"order_id":"019a0000-0000-7000-8000-000000000001","name":"Hiba","currency":"USD",)"
    R"("lines":[{"book_id":2,"title":"RPCs <b>","quantity":1,"price":22.35}],"total":22.35,)"
    R"("ordered_at":"2026-01-31T09:30:00.123Z"})";
inline constexpr auto order_1_minor =
    R"({"order_id":"019a0000-0000-7000-8000-000000000001","name":"Hiba","currency":"USD",)"
    R"("lines":[{"book_id":2,"title":"RPCs <b>","quantity":1,"price":2235}],"total":2235,)"
    R"("ordered_at":"2026-01-31T09:30:00.123Z"})";

/// An answer that a test changes while a server reads it.
class Settable {
 public:
  explicit Settable(http::Response response) : response_(std::move(response)) {}
  void set(http::Response response) {
    const std::lock_guard lock(mutex_);
    response_ = std::move(response);
  }
  [[nodiscard]] http::Response get() const {
    const std::lock_guard lock(mutex_);
    return response_;
  }

 private:
  mutable std::mutex mutex_;
  http::Response response_;
};

/// A store of fakes: what a test does not set answers as a healthy one.
class Routes : public ::testing::Test {
 protected:
  void outcome(std::string text) {
    outcome_.set(http::json_response(200, R"({"outcomes":[)" + std::move(text) + "]}"));
  }
  void outcome(http::Response response) { outcome_.set(std::move(response)); }
  void write_answer(http::Response response) { write_answer_.set(std::move(response)); }

  Shop& shop() {
    if (shop_) return *shop_;
    const auto write = [this](const Seen&) { return write_answer_.get(); };
    catalog_.emplace(with_members({{http::Method::get, "/books", books},
                                   {http::Method::get, "/topics",
                                    always(stamped(http::json_response(
                                        200, R"({"topics":[{"topic":"distributed systems","books":1}]})")))},
                                   {http::Method::post, "/books", write},
                                   {http::Method::post, "/books/batch", write},
                                   {http::Method::put, "/books/{id}", write},
                                   {http::Method::patch, "/books/{id}", write},
                                   {http::Method::del, "/books/{id}", write},
                                   {http::Method::post, "/books/{id}/stock", write}},
                                  orders_.url()));
    shop_.emplace(options_for(catalog_->url()));
    shop_->wait_until_ready();
    return *shop_;
  }

  http::ClientResponse buy(std::string body = R"({"name":"Hiba"})", std::vector<http::Header> headers = {}) {
    return shop().post("/purchase/2", std::move(body), std::move(headers));
  }

  Settable outcome_{http::json_response(
      200,
      std::string(R"({"outcomes":[{"status":"bought","replayed":false,"order":)") + order_1_minor + "}]}")};
  Settable write_answer_{http::no_content()};
  FakeTier orders_{
      {{http::Method::post, "/orders/batch", [this](const Seen&) { return outcome_.get(); }},
       {http::Method::get, "/orders",
        always(http::json_response(200, std::string(R"({"orders":[)") + order_1 + R"(],"next":"c2"})"))},
       {http::Method::get, "/orders/{id}",
        [](const Seen& seen) {
          return seen.target.ends_with("1") ? http::json_response(200, order_1)
                                            : http::to_response(http::not_found("There is no such order."));
        }},
       {http::Method::get, "/healthz", always(http::text_response(200, "ok\n"))}}};
  std::optional<FakeTier> catalog_;
  std::optional<Shop> shop_;
};

}  // namespace bazar::frontend::testing
