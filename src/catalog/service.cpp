#include "catalog/service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "base/errors.hpp"
#include "catalog/api/api.hpp"
#include "catalog/coherence/http_invalidator.hpp"
#include "catalog/coherence/http_refresher.hpp"
#include "catalog/demo_books.hpp"
#include "catalog/membership/heartbeat.hpp"
#include "catalog/membership/janitor.hpp"
#include "catalog/postgres/postgres_store.hpp"
#include "catalog/sqlite/sqlite_store.hpp"
#include "catalog/wire.hpp"
#include "http/client.hpp"
#include "http/loop_pool.hpp"
#include "http/operations.hpp"
#include "http/server.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace bazar::catalog {
namespace {

/// Together with taking leave no longer than `bazar up` waits before it kills.
constexpr milliseconds stop_grace{3'000};
constexpr milliseconds leave_patience{1'000};
constexpr std::string_view sqlite_scheme = "sqlite:";

std::unique_ptr<Store> open_store(const ServiceOptions& options, Invalidator& invalidator,
                                  Refresher* refresher, const Clock& clock, observe::Metrics& metrics) {
  const std::string_view database = options.database;
  if (database.starts_with("postgresql://") || database.starts_with("postgres://")) {
    const PostgresStoreOptions store_options{.url = options.database,
                                             .standby_url = options.standby_database,
                                             .currency = options.currency,
                                             .lease = options.lease};
    return std::make_unique<PostgresStore>(store_options, invalidator, clock, metrics, refresher);
  }
  if (!database.starts_with(sqlite_scheme) || database.size() == sqlite_scheme.size()) {
    throw std::invalid_argument("the database must be sqlite:DIR or postgresql://…");
  }
  const SqliteStoreOptions store_options{.directory = std::string(database.substr(sqlite_scheme.size())),
                                         .currency = options.currency,
                                         .lease = options.lease};
  return std::make_unique<SqliteStore>(store_options, invalidator, clock, metrics, refresher);
}

std::unique_ptr<HttpRefresher> make_refresher(const ServiceOptions& options, observe::Metrics& metrics) {
  if (options.on_write == OnWrite::invalidate) return nullptr;
  return std::make_unique<HttpRefresher>(HttpRefresherOptions{.service_token = options.service_token},
                                         metrics);
}

/// Only into a catalog that never had a book: revision 0. The rows' keys see to it that two catalogs that
/// start on one database at the same time add them once.
Task<void> add_demo_books(Store& store) {
  const auto present = co_await store.list(BookId{0}, 1);
  if (present.as_of > 0) co_return;
  const auto results = co_await store.import(demo_books(store.currency()));
  const auto created = std::ranges::count(results, ImportResult::created);
  observe::log_info("demo stock", {{"books_added", created}});
}

Task<std::optional<std::string>> readiness(Store& store) {
  try {
    co_await store.check();
    co_return std::nullopt;
  } catch (const Outage& outage) {
    observe::log_warning("the database is out of reach", {{"why", outage.what()}});
    co_return "the database is out of reach";
  }
}

}  // namespace

class Service::Impl {
 public:
  explicit Impl(ServiceOptions options)
      : options_(std::move(options)),
        invalidator_({.service_token = options_.service_token}),
        refresher_(make_refresher(options_, metrics_)),
        loops_(std::max(options_.threads, 1U)),
        store_(open_store(options_, invalidator_, refresher_.get(), clock_, metrics_)),
        server_(
            loops_, server_options(), [this](Loop&, std::size_t) { return make_router(); }, metrics_),
        janitor_(loops_.at(0), *store_, {.self = options_.name}, clock_),
        heartbeat_(loops_.at(0), *store_, self()) {}

  ~Impl() { stop(); }

  void start() {
    loops_.start();
    running_ = true;
    if (options_.demo_books) spawn(add_demo_books(*store_)).get();
    server_.start();
    asio::post(loops_.at(0), [this] {
      heartbeat_.start();
      janitor_.start();
    });
  }

  void stop() {
    if (!std::exchange(running_, false)) return;
    server_.stop(stop_grace);
    take_leave();
    loops_.stop();
  }

  [[nodiscard]] std::string url() const {
    if (!options_.advertise_url.empty()) return options_.advertise_url;
    return http::to_url({options_.host, server_.port()});
  }

 private:
  [[nodiscard]] http::ServerOptions server_options() const {
    return {.host = options_.host,
            .port = options_.port,
            .headers = {{"X-Served-By", options_.name}, {wire::currency_header, store_->currency().code}}};
  }

  std::unique_ptr<http::Router> make_router() {
    auto router = std::make_unique<http::Router>();
    http::add_operations(*router, [this] { return readiness(*store_); }, metrics_, options_.name);
    add_api(*router, *store_, options_.service_token);
    return router;
  }

  [[nodiscard]] Member self() const {
    return {Role::catalog, options_.name, url(), url(), {}, MemberState::live};
  }

  static Task<void> leave(Heartbeat& heartbeat, Janitor& janitor) {
    janitor.stop();
    co_await heartbeat.leave();
  }

  /// Bounded: a writer of another process that is frozen must not keep this one from ending.
  void take_leave() {
    auto left = spawn(leave(heartbeat_, janitor_));
    try {
      if (left.wait_for(leave_patience) == std::future_status::ready) return left.get();
      observe::log_warning("could not take leave of the catalog", {{"why", "the database is busy"}});
    } catch (const Outage& outage) {
      observe::log_warning("could not take leave of the catalog", {{"why", outage.what()}});
    }
  }

  /// Runs a task on the first loop.
  std::future<void> spawn(Task<void> task) {
    return asio::co_spawn(loops_.at(0), std::move(task), asio::use_future);
  }

  ServiceOptions options_;
  SystemClock clock_;
  observe::Metrics metrics_;
  HttpInvalidator invalidator_;
  std::unique_ptr<HttpRefresher> refresher_;
  http::LoopPool loops_;
  std::unique_ptr<Store> store_;  ///< its threads complete coroutines of the loops, so it goes before them
  http::Server server_;
  Janitor janitor_;
  Heartbeat heartbeat_;
  bool running_ = false;
};

Service::Service(ServiceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Service::~Service() = default;
void Service::start() { impl_->start(); }
void Service::stop() { impl_->stop(); }
std::string Service::url() const { return impl_->url(); }

}  // namespace bazar::catalog
