#include "frontend/purchaser.hpp"

#include <prometheus/histogram.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <deque>
#include <map>

#include "base/oneshot.hpp"

namespace bazar::frontend {

class Purchaser::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Loop& loop, orders::Client& orders, const Clock& clock, observe::Metrics& metrics)
      : loop_(loop),
        orders_(orders),
        clock_(clock),
        timer_(loop.get_executor()),
        batch_size_(metrics.histogram("bazar_purchase_batch_size",
                                      "Purchases in one call to the order service", {},
                                      {1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000})) {}

  void enqueue(orders::PurchaseRequest request, SteadyTime deadline, const observe::TraceContext& trace,
               Completion<Bought> completion) {
    auto wait = std::make_shared<Waiter>(
        Waiter{std::move(request), deadline, trace, std::move(completion), unanswered_.end()});
    wait->place = unanswered_.emplace(deadline, wait);
    queue_.push_back(std::move(wait));
    send_next();
    watch_deadlines();
  }

  [[nodiscard]] bool full() const { return queue_.size() >= max_waiting; }

 private:
  struct Waiter;
  using Waiters = std::vector<std::shared_ptr<Waiter>>;
  using ByDeadline = std::multimap<SteadyTime, std::shared_ptr<Waiter>>;
  struct Waiter {
    orders::PurchaseRequest request;
    SteadyTime deadline;
    observe::TraceContext trace;
    std::optional<Completion<Bought>> completion;  ///< empty once answered
    ByDeadline::iterator place;                    ///< in `unanswered_` while not answered
  };

  void send_next() {
    const std::size_t lanes = std::max<std::size_t>(1, orders_.upstream().replicas().size());
    while (in_flight_ < lanes) {
      Waiters batch = take_batch();
      if (batch.empty()) return;
      ++in_flight_;
      asio::co_spawn(loop_, send(shared_from_this(), std::move(batch)), asio::detached);
    }
  }

  Waiters take_batch() {
    Waiters batch;
    while (!queue_.empty() && batch.size() < max_batch) {
      // One that has timed out in the queue was never sent: leave it so.
      if (queue_.front()->completion) batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return batch;
  }

  static Task<void> send(std::shared_ptr<Impl> self, Waiters batch) {
    self->batch_size_.Observe(static_cast<double>(batch.size()));
    std::exception_ptr failure;
    try {
      co_await self->send_batch(batch);
    } catch (...) {
      failure = std::current_exception();  // belongs to the requests of this batch; each rethrows it
    }
    for (const auto& waiter : batch) {
      if (failure && waiter->completion) self->settle(*waiter).set_error(failure);
    }
    --self->in_flight_;
    self->send_next();
  }

  Task<void> send_batch(Waiters& batch) {
    std::vector<orders::PurchaseRequest> requests;
    requests.reserve(batch.size());
    SteadyTime deadline = batch.front()->deadline;
    for (const auto& waiter : batch) {
      requests.push_back(waiter->request);
      deadline = std::max(deadline, waiter->deadline);
    }
    orders::Client::Outcomes answer =
        co_await orders_.purchase(std::move(requests), deadline, batch.front()->trace);
    if (answer.outcomes.size() != batch.size()) {
      throw Unavailable("the order service answered another number of purchases than it was asked");
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!batch[i]->completion) continue;
      settle(*batch[i]).set_value({std::move(answer.outcomes[i]), answer.replica});
    }
  }

  Completion<Bought> settle(Waiter& waiter) {
    unanswered_.erase(waiter.place);
    Completion<Bought> completion = std::move(*waiter.completion);
    waiter.completion.reset();
    return completion;
  }

  // One timer for all: a batch waits for its most patient purchase, the others must not wait that long.
  void watch_deadlines() {
    if (unanswered_.empty()) return;
    const SteadyTime first = unanswered_.begin()->first;
    if (watching_ && *watching_ <= first) return;
    watching_ = first;
    timer_.expires_after(std::max(first - clock_.now(), SteadyTime::duration::zero()));
    timer_.async_wait([self = shared_from_this(), first](const boost::system::error_code&) {
      if (self->watching_ != first) return;  // re-armed for an earlier one
      self->watching_.reset();
      self->expire();
      self->watch_deadlines();
    });
  }

  void expire() {
    const SteadyTime now = clock_.now();
    while (!unanswered_.empty() && unanswered_.begin()->first <= now) {
      const std::shared_ptr<Waiter> waiter = unanswered_.begin()->second;
      settle(*waiter).set_error(std::make_exception_ptr(
          DeadlineExceeded("the order service did not confirm the purchase in time")));
    }
  }

  Loop& loop_;
  orders::Client& orders_;
  const Clock& clock_;
  Timer timer_;
  prometheus::Histogram& batch_size_;
  std::deque<std::shared_ptr<Waiter>> queue_;
  ByDeadline unanswered_;
  std::optional<SteadyTime> watching_;
  std::size_t in_flight_ = 0;
};

Purchaser::Purchaser(Loop& loop, orders::Client& orders, const Clock& clock, observe::Metrics& metrics)
    : impl_(std::make_shared<Impl>(loop, orders, clock, metrics)) {}
Purchaser::~Purchaser() = default;

Task<Purchaser::Bought> Purchaser::buy(orders::PurchaseRequest request, SteadyTime deadline,
                                       const observe::TraceContext& trace) {
  if (impl_->full()) throw Overloaded("too many purchases are waiting");
  co_return co_await suspend_until_complete<Bought>(
      [impl = impl_, request = std::move(request), deadline, trace](Completion<Bought> completion) mutable {
        impl->enqueue(std::move(request), deadline, trace, std::move(completion));
      });
}

}  // namespace bazar::frontend
