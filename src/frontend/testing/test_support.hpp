#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/testing/test_support.hpp"
#include "frontend/service.hpp"
#include "http/client.hpp"
#include "http/loop_pool.hpp"
#include "http/server.hpp"
#include "observe/metrics.hpp"

namespace bazar::frontend::testing {

inline constexpr auto service_token = "service-token-of-tests";
inline constexpr auto shopkeeper_token = "shopkeeper-token-of-tests";

/// A request as a fake tier saw it.
struct Seen {
  http::Method method;
  std::string target;
  std::string body;
  std::vector<http::Header> headers;

  [[nodiscard]] std::string header(std::string_view name) const {
    std::string all;
    for (const auto& header : headers) {
      if (header.name == name) all += (all.empty() ? "" : ", ") + header.value;
    }
    return all;
  }
};

/// A catalog or order service that answers what a test tells it to, and remembers what it was asked.
class FakeTier {
 public:
  using Answer = std::function<http::Response(const Seen&)>;
  struct Route {
    http::Method method;
    std::string pattern;
    Answer answer;
  };

  explicit FakeTier(std::vector<Route> routes, std::uint16_t port = 0)
      : loops_(1),
        server_(
            loops_, {.port = port},
            [&](Loop&, std::size_t) {
              auto router = std::make_unique<http::Router>();
              for (const Route& route : routes) add(*router, route);
              return router;
            },
            metrics_) {
    loops_.start();
    server_.start();
  }
  ~FakeTier() {
    server_.stop(milliseconds(0));
    loops_.stop();
  }

  [[nodiscard]] std::string url() const { return http::to_url({"127.0.0.1", server_.port()}); }

  /// What was asked so far of this path, without its query.
  [[nodiscard]] std::vector<Seen> seen(std::string_view path) const {
    const std::lock_guard lock(mutex_);
    std::vector<Seen> found;
    for (const auto& one : seen_) {
      if (std::string_view(one.target).substr(0, one.target.find('?')) == path) found.push_back(one);
    }
    return found;
  }

 private:
  void add(http::Router& router, const Route& route) {
    const bool has_body = route.method != http::Method::get && route.method != http::Method::del;
    const http::BodyRule rule{
        has_body ? std::vector<std::string>{"application/json", "application/merge-patch+json"}
                 : std::vector<std::string>{}};
    router.add(route.method, route.pattern, rule,
               [this, answer = route.answer](http::Request& request) { return serve(answer, request); });
  }

  Task<http::Response> serve(const Answer& answer, http::Request& request) {
    Seen one{request.method, std::string(request.target), std::string(request.body), {}};
    for (const auto& header : request.headers)
      one.headers.push_back({std::string(header.name), std::string(header.value)});
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(one);
    }
    co_return answer(one);
  }

  observe::Metrics metrics_;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  http::LoopPool loops_;
  http::Server server_;
};

inline FakeTier::Answer always(http::Response response) {
  return [response](const Seen&) { return response; };
}

/// What every fake catalog needs: it lets members join and tells who is there.
inline std::vector<FakeTier::Route> with_members(std::vector<FakeTier::Route> routes,
                                                 std::string orders_url) {
  const auto grant = always(http::json_response(200, R"({"epoch":"e","revision":1,"lease_ms":3600000})"));
  std::string members = "[";
  if (!orders_url.empty()) {
    members += R"({"role":"orders","name":"orders-1","url":")" + orders_url + R"(","control_url":")" +
               orders_url + R"(","incarnation":"i","state":"live"})";
  }
  members += "]";
  routes.push_back({http::Method::put, "/members/{role}/{name}", grant});
  routes.push_back({http::Method::get, "/members/{role}/{name}", grant});
  routes.push_back({http::Method::del, "/members/{role}/{name}", always(http::no_content())});
  routes.push_back(
      {http::Method::get, "/members", always(http::json_response(200, R"({"members":)" + members + "}"))});
  routes.push_back({http::Method::get, "/healthz", always(http::text_response(200, "ok\n"))});
  return routes;
}

inline ServiceOptions options_for(std::string catalog_url, std::string name = "frontend-1") {
  ServiceOptions options;
  options.name = std::move(name);
  options.catalog_url = std::move(catalog_url);
  options.service_token = service_token;
  options.shopkeeper_token = shopkeeper_token;
  return options;
}

/// A front-end that runs, and a client that talks to it.
class Shop {
 public:
  explicit Shop(ServiceOptions options) : service_(started(std::move(options))), probe_(service_->url()) {}

  /// Asks until `is_so`, for what becomes true without being told when.
  template <class Predicate>
  void wait_until(Predicate is_so) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_so(*this)) {
      if (std::chrono::steady_clock::now() > give_up)
        throw std::runtime_error("what was waited for did not come about");
      std::this_thread::yield();
    }
  }
  void wait_until_ready() {
    wait_until([](Shop& shop) { return shop.get("/readyz").status == 200; });
  }

  http::ClientResponse get(std::string target, std::string accept = {}) {
    std::vector<http::Header> headers;
    if (!accept.empty()) headers.push_back({"Accept", std::move(accept)});
    return probe_.get(std::move(target), std::move(headers));
  }
  http::ClientResponse send(http::Method method, std::string target, std::string body = {},
                            std::vector<http::Header> headers = {}) {
    return probe_.send(method, std::move(target), std::move(body), std::move(headers));
  }
  http::ClientResponse post(std::string target, std::string body, std::vector<http::Header> headers = {}) {
    return send(http::Method::post, std::move(target), std::move(body), std::move(headers));
  }
  /// A write by the shopkeeper.
  http::ClientResponse write(http::Method method, std::string target, std::string body = {},
                             std::vector<http::Header> headers = {}) {
    headers.push_back({"Authorization", std::string("Bearer ") + shopkeeper_token});
    return send(method, std::move(target), std::move(body), std::move(headers));
  }

  [[nodiscard]] std::string url() const { return service_->url(); }
  void stop() { service_->stop(); }

 private:
  static std::unique_ptr<Service> started(ServiceOptions options) {
    auto service = std::make_unique<Service>(std::move(options));
    service->start();
    return service;
  }

  std::unique_ptr<Service> service_;
  catalog::HttpProbe probe_;
};

inline std::string header(const http::ClientResponse& response, std::string_view name) {
  return std::string(response.header(name).value_or("(none)"));
}

}  // namespace bazar::frontend::testing
