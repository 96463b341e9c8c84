#include "frontend/service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <stdexcept>

#include "catalog/membership/membership.hpp"
#include "frontend/cache/cache_options.hpp"
#include "frontend/control_plane.hpp"
#include "frontend/gateway.hpp"
#include "frontend/routes/edge.hpp"
#include "frontend/routes/routes.hpp"
#include "http/operations.hpp"
#include "http/server.hpp"
#include "observe/log.hpp"

namespace bazar::frontend {
namespace {

/// Together with taking leave no longer than `bazar up` waits before it kills.
constexpr milliseconds drain_time{3'000};
constexpr milliseconds probe_patience{1'000};

CacheOptions cache_options(const std::string& text) {
  const auto options = parse_cache_options(text);
  if (!options) throw std::invalid_argument(options.error());
  return *options;
}

std::optional<RateLimiter> rate_limiter(const ServiceOptions& options) {
  if (options.rate_limit == 0) return std::nullopt;
  return std::optional<RateLimiter>(
      std::in_place,
      RateLimiter::Options{.per_second = options.rate_limit, .limit_loopback = options.rate_limit_loopback});
}

ServiceOptions checked(ServiceOptions options) {
  if (!http::parse_endpoint(options.catalog_url))
    throw std::invalid_argument("the catalog's address is http://host:port");
  if (!options.advertise_url.empty() && !http::parse_endpoint(options.advertise_url)) {
    throw std::invalid_argument("the advertised address is http://host:port");
  }
  if (!options.advertise_control_url.empty() && !http::parse_endpoint(options.advertise_control_url)) {
    throw std::invalid_argument("the advertised control address is http://host:port");
  }
  if (options.service_token.empty()) throw std::invalid_argument("a front-end needs the service token");
  return options;
}

/// Any catalog that answers will do: reads need one, and purchases come back to it.
Task<bool> catalog_answers(Gateway& gateway) {
  http::ClientRequest probe;
  probe.target = "/healthz";
  try {
    const auto answer =
        co_await gateway.catalog.send(std::move(probe), std::chrono::steady_clock::now() + probe_patience);
    co_return answer.response.status == 200;
  } catch (const Outage&) {
    co_return false;
  }
}

}  // namespace

class Service::Impl {
 public:
  explicit Impl(ServiceOptions options)
      : options_(checked(std::move(options))),
        cache_(open_storage(cache_options(options_.cache), options_.service_token, metrics_),
               CoherentCache::Options{}.floors, lease_clock_, metrics_),
        rate_limiter_(rate_limiter(options_)),
        loops_(std::max(options_.threads, 1U)),
        server_(
            loops_, server_options(), [this](Loop& loop, std::size_t) { return make_router(loop); },
            metrics_),
        control_(shared(), url(), [this](const std::vector<catalog::Member>& members) { spread(members); }) {}

  void start() {
    running_ = true;
    loops_.start();
    for (const auto& gateway : gateways_) {
      asio::post(gateway->loop, [&gateway = *gateway] { gateway.start_probes(); });
    }
    control_.start();
    server_.start();
    observe::log_info("front-end serves", {{"name", options_.name}, {"url", url()}});
  }

  void stop() {
    if (!std::exchange(running_, false)) return;
    // Who waits to be refused would hold up the others' end, and so would who outlasts an outage.
    for (const auto& gateway : gateways_) {
      asio::post(gateway->loop, [&gateway = *gateway] {
        gateway.refusals->stop();
        gateway.purchaser.stop_asking_again();
      });
    }
    // Requests under way still need their lease and their tiers: leave only when they are answered.
    server_.stop(drain_time);
    control_.stop();
    cache_.stop();
    for (const auto& gateway : gateways_) {
      asio::post(gateway->loop, [&gateway = *gateway] { gateway.stop(); });
    }
    loops_.stop();
  }

  [[nodiscard]] std::string url() const {
    if (!options_.advertise_url.empty()) return options_.advertise_url;
    return http::to_url({options_.host, server_.port()});
  }

 private:
  [[nodiscard]] http::ServerOptions server_options() const {
    http::ServerOptions server;
    server.host = options_.host;
    server.port = options_.port;
    server.headers = public_headers(options_.name);
    return server;
  }

  GatewayShared shared() {
    return {options_, cache_, rate_limiter_ ? &*rate_limiter_ : nullptr, clock_, metrics_};
  }

  std::unique_ptr<http::Router> make_router(Loop& loop) {
    Gateway& gateway = *gateways_.emplace_back(std::make_unique<Gateway>(loop, shared()));
    auto router = std::make_unique<http::Router>();
    answer_problems(*router, gateway);
    add_books_routes(*router, gateway);
    add_search_routes(*router, gateway);
    add_purchase_routes(*router, gateway);
    add_order_routes(*router, gateway);
    add_shopkeeper_routes(*router, gateway);
    add_page_routes(*router, gateway);
    http::add_operations(
        *router, [this, &gateway] { return why_not_ready(gateway); }, metrics_, options_.name);
    return router;
  }

  Task<std::optional<std::string>> why_not_ready(Gateway& gateway) {
    if (!control_.has_joined()) co_return "not registered with a catalog yet";
    if (!co_await catalog_answers(gateway)) co_return "no catalog answers";
    co_return std::nullopt;
  }

  /// On the control loop, after each round of the membership.
  void spread(const std::vector<catalog::Member>& members) {
    const auto catalogs = catalog::replicas_of(catalog::Role::catalog, members);
    const auto order_services = catalog::replicas_of(catalog::Role::orders, members);
    for (const auto& gateway : gateways_) {
      asio::post(gateway->loop, [&gateway = *gateway, catalogs, order_services] {
        gateway.set_replicas(catalogs, order_services);
      });
    }
  }

  const ServiceOptions options_;
  SystemClock clock_;
  LeaseClock lease_clock_;
  observe::Metrics metrics_;
  CoherentCache cache_;
  std::optional<RateLimiter> rate_limiter_;
  http::LoopPool loops_;  // first: what is bound to a loop goes before it
  std::vector<std::unique_ptr<Gateway>> gateways_;
  http::Server server_;
  ControlPlane control_;
  bool running_ = false;
};

Service::Service(ServiceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Service::~Service() { impl_->stop(); }
void Service::start() { impl_->start(); }
void Service::stop() { impl_->stop(); }
std::string Service::url() const { return impl_->url(); }

}  // namespace bazar::frontend
