#include "orders/service.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <stdexcept>
#include <utility>
#include <vector>

#include "balancer/upstream.hpp"
#include "catalog/client.hpp"
#include "catalog/membership/membership.hpp"
#include "http/client.hpp"
#include "http/loop_pool.hpp"
#include "http/operations.hpp"
#include "http/server.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "orders/api.hpp"
#include "orders/open_store.hpp"
#include "orders/purchaser.hpp"
#include "orders/reconciler.hpp"

namespace bazar::orders {
namespace {

constexpr milliseconds membership_interval{1'000};
/// The catalog last said who its replicas are so long ago that the address from the command line is worth a
/// try too.
constexpr milliseconds members_stale_after{5'000};
/// Together with taking leave no longer than `bazar up` waits before it kills.
constexpr milliseconds stop_grace{3'000};
constexpr milliseconds leave_patience{1'000};

/// What each loop has of its own.
struct LoopParts {
  LoopParts(Loop& loop, const ServiceOptions& options, Store& store, observe::Metrics& metrics,
            const Clock& clock)
      : loop(loop),
        http(loop, {.bearer_token = options.service_token}),
        // The same catalog first: over SQLite its pages and books stay in memory while no other one writes.
        catalog(loop, http,
                {.service = "catalog",
                 .balancer = {.equals = balancer::Among::first},
                 .probe_target = catalog::strict_probe},
                metrics, clock),
        purchaser(loop, catalog::Client(catalog), store, clock, metrics) {}

  Loop& loop;
  http::Client http;
  balancer::Upstream catalog;
  Purchaser purchaser;
};

}  // namespace

class Service::Impl {
 public:
  explicit Impl(ServiceOptions options)
      : options_(std::move(options)), loops_(options_.threads), store_(open_store(options_.database)) {
    if (!http::parse_endpoint(options_.catalog_url)) {
      throw std::invalid_argument("the catalog's address must be like http://host:port");
    }
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      parts_.push_back(std::make_unique<LoopParts>(loops_.at(i), options_, *store_, metrics_, clock_));
      parts_.back()->catalog.set_replicas({bootstrap()});
    }
    server_ = std::make_unique<http::Server>(
        loops_,
        http::ServerOptions{
            .host = options_.host, .port = options_.port, .headers = {{"X-Served-By", options_.name}}},
        [this](Loop&, std::size_t index) { return make_router(index); }, metrics_);
    reconciler_ = std::make_unique<Reconciler>(loops_.at(0), catalog::Client(parts_.front()->catalog),
                                               *store_, clock_, metrics_);
    membership_ = make_membership();
    staleness_timer_ = std::make_unique<Timer>(loops_.at(0));
  }

  ~Impl() { stop(); }

  void start() {
    running_ = true;
    for (auto& parts : parts_) {
      asio::post(parts->loop, [upstream = &parts->catalog] { upstream->start_probes(); });
    }
    asio::post(loops_.at(0), [this] {
      membership_->start();
      reconciler_->start();
      members_at_ = clock_.now();
      watch_members();
    });
    server_->start();
    loops_.start();
    observe::log_info("order service started", {{"name", options_.name}, {"url", url()}});
  }

  void stop() {
    if (!std::exchange(running_, false)) return;
    server_->stop(stop_grace);
    asio::co_spawn(loops_.at(0), wind_up(), asio::use_future).wait();
    for (auto& parts : parts_) {
      std::promise<void> stopped;
      asio::post(parts->loop, [&] {
        parts->catalog.stop();
        stopped.set_value();
      });
      stopped.get_future().wait();
    }
    loops_.stop();
    observe::log_info("order service stopped", {{"name", options_.name}});
  }

  [[nodiscard]] std::string url() const {
    if (!options_.advertise_url.empty()) return options_.advertise_url;
    return http::to_url({.host = options_.host, .port = server_->port()});
  }

 private:
  [[nodiscard]] balancer::Replica bootstrap() const {
    return {.name = "catalog", .url = options_.catalog_url};
  }

  std::unique_ptr<http::Router> make_router(std::size_t index) {
    auto router = std::make_unique<http::Router>();
    http::add_operations(*router, [this] { return readiness(); }, metrics_, options_.name);
    LoopParts& parts = *parts_[index];
    add_order_routes(*router, {.purchaser = parts.purchaser,
                               .store = *store_,
                               .catalog = catalog::Client(parts.catalog),
                               .service_token = options_.service_token});
    return router;
  }

  Task<std::optional<std::string>> readiness() {
    if (!registered_) co_return "not yet registered with a catalog";
    try {
      co_await store_->check();
    } catch (const Outage& outage) {
      co_return outage.what();
    }
    co_return std::nullopt;
  }

  std::unique_ptr<catalog::Membership> make_membership() {
    catalog::Member self{.role = catalog::Role::orders,
                         .name = options_.name,
                         .url = url(),
                         .control_url = url(),
                         .incarnation = {}};
    catalog::Membership::Events events;
    events.granted = [this](const auto&, const auto&, SteadyTime) { registered_ = true; };
    events.members = [this](const std::vector<catalog::Member>& members) {
      members_at_ = clock_.now();
      catalogs_ = catalog::replicas_of(catalog::Role::catalog, members);
      spread_replicas(catalogs_.empty());
    };
    return std::make_unique<catalog::Membership>(loops_.at(0), catalog::Client(parts_.front()->catalog),
                                                 std::move(self), membership_interval, std::move(events),
                                                 clock_);
  }

  /// Tells every loop which catalogs there are.
  void spread_replicas(bool with_bootstrap) {
    auto replicas = catalogs_;
    const bool known =
        std::ranges::find(replicas, options_.catalog_url, &balancer::Replica::url) != replicas.end();
    if (with_bootstrap && !known) replicas.push_back(bootstrap());
    for (auto& parts : parts_) {
      asio::post(parts->loop, [upstream = &parts->catalog, replicas] { upstream->set_replicas(replicas); });
    }
  }

  /// All catalogs that were known may have been replaced by others: the address from the command line finds
  /// those.
  void watch_members() {
    staleness_timer_->expires_after(members_stale_after);
    staleness_timer_->async_wait([this](boost::system::error_code cancelled) {
      if (cancelled || stopping_) return;
      if (clock_.now() - members_at_ >= members_stale_after) spread_replicas(true);
      watch_members();
    });
  }

  Task<void> wind_up() {
    stopping_ = true;
    staleness_timer_->cancel();
    reconciler_->stop();
    co_await membership_->leave(leave_patience);
  }

  // In this order: what has handlers on the loops goes before them, what the loops' coroutines use after
  // them.
  ServiceOptions options_;
  SystemClock clock_;
  observe::Metrics metrics_;
  http::LoopPool loops_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<LoopParts>> parts_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Reconciler> reconciler_;
  std::unique_ptr<catalog::Membership> membership_;
  std::unique_ptr<Timer> staleness_timer_;
  std::vector<balancer::Replica> catalogs_;  ///< loop 0
  SteadyTime members_at_{};                  ///< loop 0
  bool stopping_ = false;                    ///< loop 0
  std::atomic<bool> registered_ = false;
  bool running_ = false;
};

Service::Service(ServiceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Service::~Service() = default;
void Service::start() { impl_->start(); }
void Service::stop() { impl_->stop(); }
std::string Service::url() const { return impl_->url(); }

}  // namespace bazar::orders
