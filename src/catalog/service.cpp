#include "catalog/service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "base/errors.hpp"
#include "base/random.hpp"
#include "catalog/api.hpp"
#include "catalog/demo_books.hpp"
#include "catalog/http_invalidator.hpp"
#include "catalog/janitor.hpp"
#include "catalog/sqlite_store.hpp"
#include "http/client.hpp"
#include "http/loop_pool.hpp"
#include "http/operations.hpp"
#include "http/server.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace bazar::catalog {
namespace {

constexpr milliseconds heartbeat_interval{1'000};
constexpr milliseconds stop_grace{5'000};
constexpr std::string_view sqlite_scheme = "sqlite:";

std::unique_ptr<Store> open_store(const ServiceOptions& options, Invalidator& invalidator, const Clock& clock,
                                  observe::Metrics& metrics) {
  const std::string_view database = options.database;
  if (database.starts_with("postgresql://") || database.starts_with("postgres://")) {
    throw std::invalid_argument(
        "postgresql:// databases are not built into this release yet; use sqlite:DIR");
  }
  if (!database.starts_with(sqlite_scheme) || database.size() == sqlite_scheme.size()) {
    throw std::invalid_argument("the database must be sqlite:DIR");
  }
  const SqliteStoreOptions store_options{.directory = std::string(database.substr(sqlite_scheme.size())),
                                         .currency = options.currency,
                                         .lease = options.lease};
  return std::make_unique<SqliteStore>(store_options, invalidator, clock, metrics);
}

/// Keeps this process's own row in its store: a member among the others, by which they find it.
class Heartbeat : public std::enable_shared_from_this<Heartbeat> {
 public:
  Heartbeat(Loop& loop, Store& store, Member self)
      : loop_(loop), store_(store), self_(std::move(self)), pause_(loop) {}

  void start() {
    asio::co_spawn(loop_, run(shared_from_this()), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
  }

  static Task<void> leave(std::shared_ptr<Heartbeat> self) {
    self->stopped_ = true;
    self->pause_.cancel();
    // Also where the registration has not been answered yet: the store takes its writes in order.
    if (self->self_.incarnation.empty()) co_return;
    co_await self->store_.retire(self->self_.role, self->self_.name, self->self_.incarnation);
  }

 private:
  static Task<void> run(std::shared_ptr<Heartbeat> self) {
    while (!self->stopped_) {
      try {
        co_await self->beat();
      } catch (const Outage& outage) {
        observe::log_warning("cannot register in the database", {{"why", outage.what()}});
      }
      if (self->stopped_) co_return;
      self->pause_.expires_after(heartbeat_interval);
      boost::system::error_code cancelled;
      co_await self->pause_.async_wait(asio::redirect_error(use_task, cancelled));
    }
  }

  Task<void> beat() {
    if (enrolled_) {
      const auto renewed = co_await store_.renew(self_.role, self_.name, self_.incarnation);
      enrolled_ = renewed.has_value();
    }
    if (enrolled_ || stopped_) co_return;
    self_.incarnation = random_hex(16);
    co_await store_.enroll(self_);
    enrolled_ = true;
  }

  Loop& loop_;
  Store& store_;
  Member self_;
  Timer pause_;
  bool enrolled_ = false;
  bool stopped_ = false;
};

/// Books are added only while there is none; their keys see to it that two catalogs at once, or one started
/// again after everything was sold off and removed, add none twice.
Task<void> add_demo_books(Store& store) {
  const auto present = co_await store.list(BookId{0}, 1);
  if (!present.value.items.empty()) co_return;
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
        loops_(std::max(options_.threads, 1U)),
        store_(open_store(options_, invalidator_, clock_, metrics_)),
        server_(
            loops_, http::ServerOptions{.host = options_.host, .port = options_.port},
            [this](Loop&, std::size_t) { return make_router(); }, metrics_),
        janitor_(loops_.at(0), *store_, {.self = options_.name}, clock_),
        heartbeat_(std::make_shared<Heartbeat>(loops_.at(0), *store_, self())) {}

  ~Impl() { stop(); }

  void start() {
    loops_.start();
    running_ = true;
    if (options_.demo_books) spawn(add_demo_books(*store_)).get();
    server_.start();
    asio::post(loops_.at(0), [this] {
      heartbeat_->start();
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
  std::unique_ptr<http::Router> make_router() {
    auto router = std::make_unique<http::Router>();
    http::add_operations(*router, [this] { return readiness(*store_); }, metrics_, options_.name);
    add_api(*router, *store_, {options_.name, options_.service_token});
    return router;
  }

  [[nodiscard]] Member self() const {
    return {Role::catalog, options_.name, url(), url(), {}, MemberState::live};
  }

  static Task<void> leave(std::shared_ptr<Heartbeat> heartbeat, Janitor& janitor) {
    janitor.stop();
    co_await Heartbeat::leave(std::move(heartbeat));
  }

  /// Bounded: a writer of another process that is frozen must not keep this one from ending.
  void take_leave() {
    auto left = spawn(leave(heartbeat_, janitor_));
    try {
      if (left.wait_for(stop_grace) == std::future_status::ready) return left.get();
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
  http::LoopPool loops_;
  std::unique_ptr<Store> store_;  ///< its threads complete coroutines of the loops, so it goes before them
  http::Server server_;
  Janitor janitor_;
  std::shared_ptr<Heartbeat> heartbeat_;
  bool running_ = false;
};

Service::Service(ServiceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Service::~Service() = default;
void Service::start() { impl_->start(); }
void Service::stop() { impl_->stop(); }
std::string Service::url() const { return impl_->url(); }

}  // namespace bazar::catalog
