#include "orders/purchaser.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <string>
#include <utility>

#include "base/assert.hpp"
#include "base/deadline_list.hpp"
#include "base/errors.hpp"
#include "base/oneshot.hpp"
#include "observe/log.hpp"

namespace bazar::orders {
namespace {

using Results = std::vector<Purchaser::Result>;

using Batch = PurchaseQueue::Batch;

/// What the catalog said, in the order service's words.
PurchaseOutcome to_outcome(catalog::SaleOutcome outcome) {
  PurchaseOutcome result{.replayed = outcome.replayed, .order = {}, .refused = std::move(outcome.refused)};
  switch (outcome.verdict) {
    case catalog::Verdict::sold:
      BAZAR_ASSERT(outcome.sale, "a sold outcome has its sale: checked as the batch came in");
      result.status = PurchaseStatus::bought;
      result.order = to_order(*std::move(outcome.sale));
      break;
    case catalog::Verdict::out_of_stock:
      result.status = PurchaseStatus::out_of_stock;
      break;
    case catalog::Verdict::not_found:
      result.status = PurchaseStatus::not_found;
      break;
    case catalog::Verdict::conflict:
      result.status = PurchaseStatus::key_reused;
      break;
  }
  return result;
}

void check_answer(const std::vector<catalog::SaleOutcome>& outcomes, std::size_t expected) {
  if (outcomes.size() != expected) throw std::runtime_error("the catalog answered another number of sales");
  for (const auto& outcome : outcomes) {
    if (outcome.verdict == catalog::Verdict::sold && !outcome.sale) {
      throw std::runtime_error("the catalog answered a sale without its record");
    }
  }
}

std::string what(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "unknown";
  }
}

}  // namespace

class Purchaser::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Loop& loop, catalog::Client catalog, Store& store, const Clock& clock, observe::Metrics& metrics,
       PurchaserOptions options)
      : loop_(loop),
        catalog_(catalog),
        store_(store),
        clock_(clock),
        options_(options),
        order_ids_(clock),
        callers_(std::make_shared<DeadlineList>(clock, "the purchase was not decided in the time it had")),
        report_timer_(loop),
        batch_sizes_(metrics.histogram("bazar_sale_batch_size", "Purchases in one POST /sales.", {},
                                       {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000})),
        outstanding_gauge_(metrics.gauge("bazar_purchases_outstanding", "Purchases queued or under way.")),
        failed_batches_(
            metrics.counter("bazar_sale_batches_failed_total", "Batches that ended with an outage.")) {
    for (const auto status :
         {PurchaseStatus::bought, PurchaseStatus::out_of_stock, PurchaseStatus::not_found,
          PurchaseStatus::key_reused, PurchaseStatus::in_flight, PurchaseStatus::unavailable}) {
      outcomes_.push_back(&metrics.counter("bazar_purchases_total", "Purchases answered, by outcome.",
                                           {{"outcome", std::string(to_string(status))}}));
    }
  }

  static Task<Results> submit(std::shared_ptr<Impl> self, std::vector<PurchaseRequest> requests,
                              SteadyTime deadline);
  void stop();

 private:
  /// Who waits for a group.
  struct Caller final : DeadlineList::Entry {
    Caller(PurchaseQueue& purchases, Completion<Results> completion)
        : queue(purchases), done(std::move(completion)) {}
    void fail(std::exception_ptr error) override { queue.give_up(ticket, error); }

    PurchaseQueue& queue;
    Completion<Results> done;
    PurchaseQueue::Ticket ticket;
  };

  void enqueue(std::vector<PurchaseRequest> requests, SteadyTime deadline, Completion<Results> done);
  [[nodiscard]] std::vector<OrderId> take_projected();
  void add_projected(std::span<const OrderId> ids);

  void send_next();
  static Task<void> send(std::shared_ptr<Impl> self, Batch batch);
  Task<std::vector<catalog::SaleOutcome>> sell(const Batch& batch);
  static Task<void> project(std::shared_ptr<Impl> self, Batch batch,
                            std::vector<catalog::SaleOutcome> outcomes);
  static Task<void> report_when_quiet(std::shared_ptr<Impl> self);

  void fail(const Batch& batch, const std::exception_ptr& error);
  void count(const Results& results);
  void show_outstanding();

  Loop& loop_;
  catalog::Client catalog_;
  Store& store_;
  const Clock& clock_;
  PurchaserOptions options_;
  OrderIdGenerator order_ids_;

  PurchaseQueue queue_;
  const std::shared_ptr<DeadlineList> callers_;
  std::size_t in_flight_ = 0;
  std::size_t calls_ = 0;
  bool failing_ = false;  ///< the last batch ended with an outage

  std::vector<OrderId> projected_;  ///< not yet reported to the catalog
  bool reporting_ = false;
  bool stopped_ = false;

  Timer report_timer_;

  prometheus::Histogram& batch_sizes_;
  prometheus::Gauge& outstanding_gauge_;  ///< of all loops together
  std::size_t shown_outstanding_ = 0;
  prometheus::Counter& failed_batches_;
  std::vector<prometheus::Counter*> outcomes_;  ///< by PurchaseStatus
};

Task<Results> Purchaser::Impl::submit(std::shared_ptr<Impl> self, std::vector<PurchaseRequest> requests,
                                      SteadyTime deadline) {
  if (requests.empty()) co_return Results{};
  if (deadline <= self->clock_.now()) throw DeadlineExceeded("the purchase came when its time was up");
  if (self->queue_.outstanding() + requests.size() > self->options_.max_outstanding) {
    throw Overloaded("too many purchases are under way");
  }
  auto start = [self, requests = std::move(requests), deadline](Completion<Results> done) mutable {
    self->enqueue(std::move(requests), deadline, std::move(done));
  };
  auto results = co_await suspend_until_complete<Results>(std::move(start));
  self->count(results);
  co_return results;
}

void Purchaser::Impl::stop() {
  stopped_ = true;
  callers_->stop(std::make_exception_ptr(Unavailable("the order service is stopping")));
  report_timer_.cancel();
}

void Purchaser::Impl::enqueue(std::vector<PurchaseRequest> requests, SteadyTime deadline,
                              Completion<Results> done) {
  auto caller = std::make_shared<Caller>(queue_, std::move(done));
  caller->ticket = queue_.add(std::move(requests), [callers = callers_, caller](Results results) {
    callers->remove(*caller);
    caller->done.set_value(std::move(results));
  });
  callers_->add(loop_.get_executor(), deadline, std::move(caller));
  show_outstanding();
  send_next();
}

void Purchaser::Impl::send_next() {
  if (stopped_) return;
  const std::size_t lanes = std::max<std::size_t>(1, catalog_.upstream().replicas().size());
  while (in_flight_ < lanes) {
    Batch batch = queue_.take(options_.max_batch, options_.max_batch_lines);
    show_outstanding();
    if (batch.empty()) return;
    ++in_flight_;
    asio::co_spawn(loop_, send(shared_from_this(), std::move(batch)), asio::detached);
  }
}

Task<void> Purchaser::Impl::send(std::shared_ptr<Impl> self, Batch batch) {
  try {
    auto outcomes = co_await self->sell(batch);
    asio::co_spawn(self->loop_, project(self, std::move(batch), std::move(outcomes)), asio::detached);
  } catch (...) {
    self->fail(batch, std::current_exception());
  }
  --self->in_flight_;
  self->send_next();
}

Task<std::vector<catalog::SaleOutcome>> Purchaser::Impl::sell(const Batch& batch) {
  std::vector<catalog::SaleRequest> sales;
  sales.reserve(batch.size());
  for (const auto& item : batch) {
    const PurchaseRequest& request = item.request();
    sales.push_back({.key = request.key,
                     .order_id = order_ids_.next(),
                     .name = request.name,
                     .lines = request.lines,
                     .fingerprint = fingerprint(request)});
  }
  batch_sizes_.Observe(static_cast<double>(batch.size()));
  ++calls_;
  const auto reported = take_projected();
  try {
    auto outcomes =
        co_await catalog_.sell(std::move(sales), reported, clock_.now() + options_.batch_deadline);
    check_answer(outcomes, batch.size());
    co_return outcomes;
  } catch (...) {
    add_projected(reported);
    throw;
  }
}

Task<void> Purchaser::Impl::project(std::shared_ptr<Impl> self, Batch batch,
                                    std::vector<catalog::SaleOutcome> outcomes) {
  Batch sold;
  std::vector<PurchaseOutcome> bought;
  std::vector<Order> orders;
  std::vector<OrderId> ids;
  sold.reserve(batch.size());
  bought.reserve(batch.size());
  orders.reserve(batch.size());
  ids.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    PurchaseOutcome outcome = to_outcome(std::move(outcomes[i]));
    if (!outcome.order) {
      self->queue_.settle(batch[i], std::move(outcome));
      continue;
    }
    ids.push_back(outcome.order->order_id);
    orders.push_back(*outcome.order);
    sold.push_back(std::move(batch[i]));
    bought.push_back(std::move(outcome));
  }
  if (sold.empty()) co_return;
  try {
    co_await self->store_.insert(std::move(orders));
  } catch (...) {
    // Sold, but not yet an order that can be found: the caller asks again with its key, the reconciler
    // inserts it. Also where the database was only too busy: that nothing was done would not be true.
    self->fail(sold, std::make_exception_ptr(
                         Unavailable("the order cannot be stored: " + what(std::current_exception()))));
    co_return;
  }
  self->failing_ = false;
  self->add_projected(ids);
  for (std::size_t i = 0; i < sold.size(); ++i) self->queue_.settle(sold[i], std::move(bought[i]));
  self->show_outstanding();
}

std::vector<OrderId> Purchaser::Impl::take_projected() {
  const std::size_t count = std::min(projected_.size(), options_.max_batch);
  const auto end = projected_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<OrderId> taken(projected_.begin(), end);
  projected_.erase(projected_.begin(), end);
  return taken;
}

void Purchaser::Impl::add_projected(std::span<const OrderId> ids) {
  // What is left out for space is found by the reconciler, as after a crash.
  const std::size_t room = options_.max_outstanding - std::min(options_.max_outstanding, projected_.size());
  const auto kept = ids.first(std::min(ids.size(), room));
  projected_.insert(projected_.end(), kept.begin(), kept.end());
  if (!projected_.empty() && !std::exchange(reporting_, true)) {
    asio::co_spawn(loop_, report_when_quiet(shared_from_this()), asio::detached);
  }
}

Task<void> Purchaser::Impl::report_when_quiet(std::shared_ptr<Impl> self) {
  while (!self->stopped_ && !self->projected_.empty()) {
    const std::size_t calls = self->calls_;
    self->report_timer_.expires_after(self->options_.report_after);
    boost::system::error_code cancelled;
    co_await self->report_timer_.async_wait(asio::redirect_error(use_task, cancelled));
    if (self->stopped_ || self->in_flight_ > 0 || self->calls_ != calls) continue;
    const auto reported = self->take_projected();
    try {
      co_await self->catalog_.sell({}, reported, self->clock_.now() + self->options_.batch_deadline);
    } catch (const std::exception& error) {
      observe::log_warning("projected orders could not be reported", {{"error", error.what()}});
      self->add_projected(reported);
    }
  }
  self->reporting_ = false;
}

void Purchaser::Impl::fail(const Batch& batch, const std::exception_ptr& error) {
  failed_batches_.Increment();
  // One line an outage, not one a batch.
  if (!std::exchange(failing_, true)) {
    observe::log_warning("purchases ended without an outcome",
                         {{"purchases", batch.size()}, {"error", what(error)}});
  }
  for (const auto& item : batch) queue_.settle(item, std::unexpected(error));
  show_outstanding();
}

void Purchaser::Impl::count(const Results& results) {
  for (const auto& result : results) {
    const auto status = result ? result->status : PurchaseStatus::unavailable;
    outcomes_[static_cast<std::size_t>(status)]->Increment();
  }
}

void Purchaser::Impl::show_outstanding() {
  const auto shown = std::exchange(shown_outstanding_, queue_.outstanding());
  outstanding_gauge_.Increment(static_cast<double>(shown_outstanding_) - static_cast<double>(shown));
}

Purchaser::Purchaser(Loop& loop, catalog::Client catalog, Store& store, const Clock& clock,
                     observe::Metrics& metrics, PurchaserOptions options)
    : impl_(std::make_shared<Impl>(loop, catalog, store, clock, metrics, options)) {}

Purchaser::~Purchaser() { impl_->stop(); }

Task<std::vector<Purchaser::Result>> Purchaser::purchase_each(std::vector<PurchaseRequest> requests,
                                                              SteadyTime deadline) {
  return Impl::submit(impl_, std::move(requests), deadline);
}

Task<PurchaseOutcome> Purchaser::purchase(PurchaseRequest request, SteadyTime deadline) {
  std::vector<PurchaseRequest> one;
  one.push_back(std::move(request));
  auto results = co_await Impl::submit(impl_, std::move(one), deadline);
  if (!results.front()) std::rethrow_exception(results.front().error());
  co_return *std::move(results.front());
}

}  // namespace bazar::orders
