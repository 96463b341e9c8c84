#include "experiment/failover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "audit/store_calls.hpp"

namespace bazar::experiment {
namespace {

using namespace asio::experimental::awaitable_operators;
using std::chrono::seconds;

constexpr seconds quiet{5};  ///< before, between and after what happens
constexpr seconds recovery_patience{90};
constexpr milliseconds request_patience{2'000};
constexpr milliseconds look_again{100};

SteadyTime now() { return std::chrono::steady_clock::now(); }

bool is_purchase_answered(const Errand& errand) {
  return errand.kind == Errand::Kind::purchase && errand.fate == Errand::Fate::answered;
}

class Trial {
 public:
  Trial(Laboratory& laboratory, Rehearsal& rehearsal, const FailoverPlan& plan,
        std::vector<http::Endpoint> frontends, Failover& outcome)
      : laboratory_(laboratory),
        rehearsal_(rehearsal),
        frontends_(std::move(frontends)),
        done_before_(plan.done_before),
        shoppers_(laboratory.loop(), {.frontends = frontends_,
                                      .rate_per_s = plan.rate_per_s,
                                      .purchases = plan.purchases,
                                      .patience = request_patience}),
        timer_(laboratory.loop().get_executor()),
        outcome_(outcome) {}

  Task<> run() {
    outcome_.begun = now();
    co_await (shoppers_.run() && break_and_mend());
    if (failure_) std::rethrow_exception(failure_);
    outcome_.errands = shoppers_.errands();
    outcome_.marks = find_marks(outcome_.errands, outcome_.victim, kill_begun_, kill_done_);
    co_await look_up_orders();
    outcome_.copies = co_await rehearsal_.compare_copies();
  }

 private:
  Task<> pause(SteadyTime::duration time) {
    timer_.expires_after(time);
    co_await timer_.async_wait(use_task);
  }

  void done(double share) const { laboratory_.done(done_before_ + share * (1 - done_before_)); }

  /// A failure is kept until the shoppers have come to an end.
  Task<> break_and_mend() {
    try {
      co_await pause(quiet);
      co_await kill();
      done(0.1);
      co_await wait_for_purchases();
      done(0.55);
      co_await pause(quiet);
      co_await rehearsal_.switch_on(outcome_.machine);
      outcome_.switched_on = now();
      co_await wait_until_whole();
      outcome_.whole = now();
      done(0.9);
      co_await pause(quiet);
    } catch (...) {
      failure_ = std::current_exception();
    }
    shoppers_.stop();
  }

  Task<> kill() {
    kill_begun_ = now();
    co_await rehearsal_.kill(outcome_.machine);
    kill_done_ = now();
  }

  Task<> wait_for_purchases() {
    const auto is_later = [this](const Errand& each) {
      return each.due > kill_done_ && is_purchase_answered(each);
    };
    while (!std::ranges::any_of(shoppers_.errands(), is_later)) {
      if (now() > kill_done_ + recovery_patience)
        throw std::runtime_error(fmt::format("no purchase was answered for {} s after {} was killed",
                                             recovery_patience.count(), outcome_.machine));
      co_await pause(look_again);
    }
  }

  Task<> wait_until_whole() {
    while (!(co_await rehearsal_.status()).whole) {
      if (now() > outcome_.switched_on + recovery_patience)
        throw std::runtime_error(fmt::format("the cluster was not whole {} s after {} was switched on again",
                                             recovery_patience.count(), outcome_.machine));
      co_await pause(look_again);
    }
  }

  /// Through all front-ends in turn, each order until one has answered.
  Task<> look_up_orders() {
    audit::StoreCalls calls(laboratory_.loop(), "");
    std::size_t turn = 0;
    const SteadyTime until = now() + recovery_patience;
    for (const Errand& errand : outcome_.errands) {
      if (!errand.order) continue;
      ++outcome_.acknowledged;
      audit::StoreCalls::OrderLookup found;
      while (!found.answered && now() < until)
        found = co_await calls.order(frontends_[turn++ % frontends_.size()], *errand.order,
                                     now() + request_patience);
      if (!found.answered)
        throw std::runtime_error("not every acknowledged order could be looked up in time");
      if (!found.order) ++outcome_.lost;
    }
  }

  Laboratory& laboratory_;
  Rehearsal& rehearsal_;
  std::vector<http::Endpoint> frontends_;
  double done_before_;
  Shoppers shoppers_;
  Timer timer_;
  Failover& outcome_;
  SteadyTime kill_begun_;
  SteadyTime kill_done_;
  std::exception_ptr failure_;
};

Task<> ask_status(Rehearsal& rehearsal, RehearsalStatus& status) { status = co_await rehearsal.status(); }

}  // namespace

Failover run_failover(Laboratory& laboratory, Rehearsal& rehearsal, const FailoverPlan& plan) {
  RehearsalStatus status;
  laboratory.run(ask_status(rehearsal, status));
  const auto primary = std::ranges::find(status.machines, "primary", &RehearsedMachine::postgres);
  if (primary == status.machines.end()) throw std::runtime_error("the cluster has no primary");
  Failover outcome;
  outcome.machine = primary->name;
  outcome.victim = static_cast<std::size_t>(primary - status.machines.begin());
  std::vector<http::Endpoint> frontends;
  frontends.reserve(status.machines.size());
  for (const RehearsedMachine& machine : status.machines)
    frontends.push_back(http::parse_endpoint(machine.frontend).value());
  Trial trial(laboratory, rehearsal, plan, std::move(frontends), outcome);
  laboratory.run(trial.run());
  return outcome;
}

}  // namespace bazar::experiment
