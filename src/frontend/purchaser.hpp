#pragma once

#include <exception>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/deadline_list.hpp"
#include "base/task.hpp"
#include "observe/metrics.hpp"
#include "observe/trace.hpp"
#include "orders/client.hpp"

namespace bazar::frontend {

/// Sends purchases to the order service in batches: while as many calls as there are order replicas are in
/// flight, the next one gathers. No timer holds a lone purchase back. Where more come than can be sold, what
/// waits is bounded in time (base/controlled_delay). A purchase whose outcome the order service does not
/// know, or to which none answers, is sent again, with its key, while its deadline allows: so it outlasts a
/// failover. For one loop.
class Purchaser {
 public:
  static constexpr std::size_t max_batch = 1'000;
  static constexpr std::size_t max_batch_lines = 10'000;  ///< as orders::PurchaserOptions has it
  static constexpr std::size_t max_waiting = 20'000;      ///< bounds those without an answer

  Purchaser(Loop& loop, orders::Client& orders, const Clock& clock, observe::Metrics& metrics);
  ~Purchaser();  ///< who still waits gets Unavailable

  struct Bought {
    orders::PurchaseOutcome outcome;
    std::string replica;  ///< the order service that answered
  };

  /// Who waits for a purchase, without a coroutine. Told once: by `bought`, on the loop and not within a call
  /// of the purchaser, or by `failed`, wherever that may be.
  class Buyer : public DeadlineList::Entry {
   public:
    Buyer(orders::PurchaseRequest purchase, SteadyTime deadline, const observe::TraceContext& trace)
        : purchase_(std::move(purchase)), deadline_(deadline), trace_(trace) {}

    virtual void bought(Bought result) = 0;
    /// Overloaded: nothing was bought. Unavailable, DeadlineExceeded: the outcome is unknown, and the same
    /// key may be sent again.
    virtual void failed(std::exception_ptr error) = 0;

   protected:
    [[nodiscard]] const orders::PurchaseRequest& purchase() const { return purchase_; }

   private:
    friend class Purchaser;
    void fail(std::exception_ptr error) final;

    orders::PurchaseRequest purchase_;
    SteadyTime deadline_;
    observe::TraceContext trace_;
    SteadyTime came_;      ///< when it began to wait for a call
    unsigned pauses_ = 0;  ///< how often it was to be asked for again
    bool told_ = false;
  };

  /// Whether there is room for one more; one for which there is none counts as shed. To be asked once for
  /// each purchase, before its request is parsed: in an overload most of the work is refusing, and an
  /// exception costs more than that.
  [[nodiscard]] bool admits();

  /// Buys what was admitted.
  void buy(std::shared_ptr<Buyer> buyer);

  /// The front-end is about to stop: what is undecided is told so, with its key, instead of asked for again.
  void stop_asking_again();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::frontend
