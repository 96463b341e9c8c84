#include "orders/reconciler.hpp"

#include <prometheus/counter.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <vector>

#include "observe/log.hpp"

namespace bazar::orders {

class Reconciler::Impl {
 public:
  Impl(Loop& loop, catalog::Client catalog, Store& store, const Clock& clock, observe::Metrics& metrics,
       ReconcilerOptions options)
      : loop_(loop),
        catalog_(catalog),
        store_(store),
        clock_(clock),
        options_(options),
        timer_(loop),
        reconciled_(metrics.counter("bazar_orders_reconciled_total",
                                    "Sales found unprojected and inserted as orders by the reconciler.")) {}

  static void start(const std::shared_ptr<Impl>& self) {
    asio::co_spawn(self->loop_, run(self), asio::detached);
  }

  void stop() {
    stopped_ = true;
    timer_.cancel();
  }

  static Task<std::size_t> round(std::shared_ptr<Impl> self) {
    const SteadyTime deadline = self->clock_.now() + self->options_.round_deadline;
    const auto sales = co_await self->catalog_.unprojected_sales(self->options_.page, deadline);
    if (sales.empty()) co_return 0;
    std::vector<Order> orders;
    std::vector<OrderId> ids;
    for (const auto& sale : sales) {
      orders.push_back(to_order(sale));
      ids.push_back(sale.order_id);
    }
    co_await self->store_.insert(std::move(orders));
    co_await self->catalog_.sell({}, std::move(ids), deadline);
    self->reconciled_.Increment(static_cast<double>(sales.size()));
    co_return sales.size();
  }

 private:
  static Task<void> run(std::shared_ptr<Impl> self) {
    bool failing = false;
    while (!self->stopped_) {
      milliseconds pause = self->options_.interval;
      try {
        const std::size_t found = co_await round(self);
        if (found == 0) pause = self->options_.idle_interval;
        if (found == self->options_.page) pause = milliseconds{0};  // there are more
        failing = false;
      } catch (const std::exception& error) {
        // One line an outage, not one a second.
        if (!std::exchange(failing, true)) {
          observe::log_warning("sales could not be reconciled", {{"error", error.what()}});
        }
      }
      if (self->stopped_) break;
      self->timer_.expires_after(pause);
      boost::system::error_code cancelled;
      co_await self->timer_.async_wait(asio::redirect_error(use_task, cancelled));
    }
  }

  Loop& loop_;
  catalog::Client catalog_;
  Store& store_;
  const Clock& clock_;
  ReconcilerOptions options_;
  Timer timer_;
  bool stopped_ = false;
  prometheus::Counter& reconciled_;
};

Reconciler::Reconciler(Loop& loop, catalog::Client catalog, Store& store, const Clock& clock,
                       observe::Metrics& metrics, ReconcilerOptions options)
    : impl_(std::make_shared<Impl>(loop, catalog, store, clock, metrics, options)) {}

Reconciler::~Reconciler() { impl_->stop(); }

void Reconciler::start() { Impl::start(impl_); }

void Reconciler::stop() { impl_->stop(); }

Task<std::size_t> Reconciler::run_once() { return Impl::round(impl_); }

}  // namespace bazar::orders
