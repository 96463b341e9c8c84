#include "catalog/membership/heartbeat.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/errors.hpp"
#include "base/random.hpp"
#include "observe/log.hpp"

namespace bazar::catalog {
namespace {

constexpr milliseconds interval{1'000};

}  // namespace

class Heartbeat::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Loop& loop, Store& store, Member self)
      : loop_(loop), store_(store), self_(std::move(self)), pause_(loop) {}

  void start() {
    asio::co_spawn(loop_, run(shared_from_this()), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
  }

  void stop() {
    stopped_ = true;
    pause_.cancel();
  }

  static Task<void> leave(std::shared_ptr<Impl> self) {
    self->stop();
    // Also where the registration has not been answered yet: the store takes its writes in order.
    if (self->self_.incarnation.empty()) co_return;
    co_await self->store_.retire(self->self_.role, self->self_.name, self->self_.incarnation);
  }

 private:
  static Task<void> run(std::shared_ptr<Impl> self) {
    while (!self->stopped_) {
      try {
        co_await self->beat();
      } catch (const Outage& outage) {
        observe::log_warning("cannot register in the database", {{"why", outage.what()}});
      }
      if (self->stopped_) co_return;
      self->pause_.expires_after(interval);
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

Heartbeat::Heartbeat(Loop& loop, Store& store, Member self)
    : impl_(std::make_shared<Impl>(loop, store, std::move(self))) {}
Heartbeat::~Heartbeat() { impl_->stop(); }
void Heartbeat::start() { impl_->start(); }
Task<void> Heartbeat::leave() { return Impl::leave(impl_); }

}  // namespace bazar::catalog
