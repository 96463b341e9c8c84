#include "frontend/purchaser.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <deque>
#include <random>
#include <unordered_set>

#include "base/controlled_delay.hpp"
#include "base/deadline_list.hpp"

namespace bazar::frontend {
namespace {

using orders::PurchaseStatus;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{1'000};
/// What a try may take after a pause.
constexpr milliseconds shortest_try{100};

/// Not known yet, but perhaps when asked again: the key makes that safe.
bool is_undecided(PurchaseStatus status) {
  return status == PurchaseStatus::in_flight || status == PurchaseStatus::unavailable;
}

template <class Error>
bool is(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error&) {
    return true;
  } catch (...) {
    return false;
  }
}

/// A refusal of a later try says nothing about the first.
std::exception_ptr as_unknown(std::exception_ptr error) {
  if (!is<Overloaded>(error)) return error;
  return std::make_exception_ptr(Unavailable("too much was waiting when the purchase was asked for again"));
}

}  // namespace

class Purchaser::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Loop& loop, orders::Client& orders, const Clock& clock, observe::Metrics& metrics)
      : loop_(loop),
        orders_(orders),
        clock_(clock),
        unanswered_(
            std::make_shared<DeadlineList>(clock, "the order service did not confirm the purchase in time")),
        batch_size_(metrics.histogram("bazar_purchase_batch_size",
                                      "Purchases in one call to the order service", {},
                                      {1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000})),
        shed_(metrics.counter("bazar_shed_total", "Requests refused because more came than can be served.",
                              {{"where", "purchases"}})) {}

  void buy(std::shared_ptr<Buyer> buyer) {
    buyer->came_ = clock_.now();
    queue_.push_back(buyer);
    // A batch waits for its most patient purchase; the others must not wait that long.
    const SteadyTime deadline = buyer->deadline_;
    unanswered_->add(loop_.get_executor(), deadline, std::move(buyer));
    send_next();
  }

  [[nodiscard]] bool admits() {
    const bool admitted = unanswered_->size() < max_waiting && delay_.admits(clock_.now(), queue_.size());
    if (!admitted) shed_.Increment();
    return admitted;
  }

  void stop_asking_again() {
    asks_again_ = false;
    const auto stopping = std::make_exception_ptr(Unavailable("the front-end is stopping"));
    for (const auto& buyer : pausing_) {
      if (unanswered_->remove(*buyer)) buyer->fail(stopping);
    }
  }

  void stop() { unanswered_->stop(std::make_exception_ptr(Unavailable("the front-end is stopping"))); }

 private:
  using Buyers = std::vector<std::shared_ptr<Buyer>>;

  struct Told {
    std::shared_ptr<Buyer> buyer;
    Bought result;
  };

  void send_next() {
    const std::size_t lanes = std::max<std::size_t>(1, orders_.upstream().replicas().size());
    while (in_flight_ < lanes) {
      Buyers batch = take_batch();
      if (batch.empty()) return;
      ++in_flight_;
      asio::co_spawn(loop_, send(shared_from_this(), std::move(batch)), asio::detached);
    }
  }

  /// A failover takes longer than a call to the order service, or its tries, may.
  [[nodiscard]] bool may_ask_again(const Buyer& buyer) const {
    return asks_again_ && !buyer.told_ && clock_.now() + pause_before(buyer) + shortest_try < buyer.deadline_;
  }
  [[nodiscard]] static milliseconds pause_before(const Buyer& buyer) {
    return std::min(longest_pause, first_pause * (1U << std::min(buyer.pauses_, 10U)));
  }

  void ask_again_later(Buyers buyers) {
    if (buyers.empty()) return;
    milliseconds pause{};
    for (const auto& buyer : buyers) {
      pause = std::max(pause, pause_before(*buyer));
      ++buyer->pauses_;
      pausing_.insert(buyer);
    }
    asio::co_spawn(loop_, ask_again(shared_from_this(), std::move(buyers), pause), asio::detached);
  }

  static Task<void> ask_again(std::shared_ptr<Impl> self, Buyers buyers, milliseconds pause) {
    // Half of it is random: front-ends that were cut off together do not come back together.
    std::uniform_int_distribution<std::int64_t> part(pause.count() / 2, pause.count());
    Timer timer(self->loop_, milliseconds(part(self->random_)));
    co_await timer.async_wait(use_task);
    for (const auto& buyer : buyers) {
      self->pausing_.erase(buyer);
      buyer->came_ = self->clock_.now();
    }
    // Before those who came meanwhile, who are also the ones to be refused where there is no room.
    self->queue_.insert(self->queue_.begin(), buyers.begin(), buyers.end());
    self->send_next();
  }

  Buyers take_batch() {
    Buyers batch;
    std::size_t lines = 0;
    while (!queue_.empty() && batch.size() < max_batch && lines < max_batch_lines) {
      const auto buyer = std::move(queue_.front());
      queue_.pop_front();
      // One whose time was up in the queue is not sent any more.
      if (buyer->told_) continue;
      lines += buyer->purchase_.lines.size();
      batch.push_back(buyer);
    }
    if (!batch.empty()) {
      shed_last(delay_.taken(clock_.now(), batch.size(), batch.front()->came_, queue_.size()));
    }
    return batch;
  }

  void shed_last(std::size_t count) {
    if (count == 0) return;
    const auto overloaded = std::make_exception_ptr(Overloaded("more purchases came than can be sold"));
    for (; count > 0 && queue_.back()->pauses_ == 0; --count, queue_.pop_back()) {
      if (!unanswered_->remove(*queue_.back())) continue;
      queue_.back()->fail(overloaded);
      shed_.Increment();
    }
  }

  static Task<void> send(std::shared_ptr<Impl> self, Buyers batch) {
    self->batch_size_.Observe(static_cast<double>(batch.size()));
    std::exception_ptr failure;
    try {
      co_await self->send_batch(batch);
    } catch (...) {
      failure = std::current_exception();  // each request of the batch throws it on
    }
    if (failure) self->end(batch, failure);
    --self->in_flight_;
    self->send_next();
  }

  void end(const Buyers& batch, const std::exception_ptr& failure) {
    const bool unknown = is<Unavailable>(failure);
    const bool refused = is<Overloaded>(failure);
    Buyers again;
    for (const auto& buyer : batch) {
      const bool undecided = unknown || (refused && buyer->pauses_ > 0);
      if (undecided && may_ask_again(*buyer)) {
        again.push_back(buyer);
      } else if (unanswered_->remove(*buyer)) {
        buyer->fail(failure);
      }
    }
    ask_again_later(std::move(again));
  }

  Task<void> send_batch(Buyers& batch) {
    std::vector<orders::PurchaseRequest> requests;
    requests.reserve(batch.size());
    SteadyTime deadline = batch.front()->deadline_;
    for (const auto& buyer : batch) {
      requests.push_back(buyer->purchase_);
      deadline = std::max(deadline, buyer->deadline_);
    }
    orders::Client::Outcomes answer =
        co_await orders_.purchase(std::move(requests), deadline, batch.front()->trace_);
    if (answer.outcomes.size() != batch.size()) {
      throw Unavailable("the order service answered another number of purchases than it was asked");
    }
    Buyers again;
    std::vector<Told> told;
    told.reserve(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (is_undecided(answer.outcomes[i].status) && may_ask_again(*batch[i])) {
        again.push_back(batch[i]);
      } else {
        told.push_back({batch[i], {std::move(answer.outcomes[i]), answer.replica}});
      }
    }
    tell(std::move(told));
    ask_again_later(std::move(again));
  }

  /// Later, so that the next call is sent before the answers of this one are.
  void tell(std::vector<Told> told) {
    asio::post(loop_, [self = shared_from_this(), told = std::move(told)]() mutable {
      for (Told& one : told) {
        // Until now each had its deadline.
        if (!self->unanswered_->remove(*one.buyer)) continue;
        one.buyer->told_ = true;
        one.buyer->bought(std::move(one.result));
      }
    });
  }

  Loop& loop_;
  orders::Client& orders_;
  const Clock& clock_;
  const std::shared_ptr<DeadlineList> unanswered_;
  prometheus::Histogram& batch_size_;
  prometheus::Counter& shed_;
  ControlledDelay delay_;
  std::deque<std::shared_ptr<Buyer>> queue_;
  std::unordered_set<std::shared_ptr<Buyer>> pausing_;  ///< to be asked for again
  std::size_t in_flight_ = 0;
  bool asks_again_ = true;
  std::minstd_rand random_{std::random_device{}()};
};

Purchaser::Purchaser(Loop& loop, orders::Client& orders, const Clock& clock, observe::Metrics& metrics)
    : impl_(std::make_shared<Impl>(loop, orders, clock, metrics)) {}
Purchaser::~Purchaser() { impl_->stop(); }

bool Purchaser::admits() { return impl_->admits(); }

void Purchaser::stop_asking_again() { impl_->stop_asking_again(); }

void Purchaser::buy(std::shared_ptr<Buyer> buyer) { impl_->buy(std::move(buyer)); }

void Purchaser::Buyer::fail(std::exception_ptr error) {
  told_ = true;
  failed(pauses_ > 0 ? as_unknown(std::move(error)) : std::move(error));
}

}  // namespace bazar::frontend
