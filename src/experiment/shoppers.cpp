#include "experiment/shoppers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include "catalog/wire.hpp"
#include "experiment/caller.hpp"
#include "json/decode.hpp"
#include "orders/order.hpp"

namespace bazar::experiment {
namespace {

constexpr std::uint64_t arrivals_seed = 2;

SteadyTime now() { return std::chrono::steady_clock::now(); }

Errand::Fate fate_of(unsigned status) {
  if (status == 200) return Errand::Fate::answered;
  return status == 503 || status == 429 ? Errand::Fate::told_to_wait : Errand::Fate::failed;
}

}  // namespace

Shoppers::Shoppers(Loop& loop, ShoppersPlan plan)
    : loop_(loop),
      plan_(std::move(plan)),
      client_(loop, {}),
      arrivals_(load::ArrivalLaw::poisson, plan_.rate_per_s, arrivals_seed),
      timer_(loop.get_executor()) {}

void Shoppers::stop() {
  stopped_ = true;
  timer_.cancel();
}

Task<> Shoppers::run() {
  const SteadyTime begin = now();
  boost::system::error_code cancelled;
  while (!stopped_) {
    const SteadyTime due = begin + arrivals_.next();
    timer_.expires_at(due);
    co_await timer_.async_wait(asio::redirect_error(use_task, cancelled));
    if (!stopped_) send_one(due);
  }
  timer_.expires_at(SteadyTime::max());
  while (under_way_ > 0) co_await timer_.async_wait(asio::redirect_error(use_task, cancelled));
  if (failure_) std::rethrow_exception(failure_);
}

void Shoppers::send_one(SteadyTime due) {
  const bool buys = load::draw_unit(random_) < plan_.purchases;
  const auto book = static_cast<std::int64_t>(load::draw_unit(random_) * demo_books) + 1;
  Errand& errand = errands_.emplace_back(Errand{.kind = buys ? Errand::Kind::purchase : Errand::Kind::lookup,
                                                .frontend = errands_.size() % plan_.frontends.size(),
                                                .due = due});
  ++under_way_;
  asio::co_spawn(loop_.get_executor(), perform(errand, book), [this](std::exception_ptr failure) {
    --under_way_;
    if (failure) failure_ = failure;
    if (failure || stopped_) stop();
  });
}

Task<> Shoppers::perform(Errand& errand, std::int64_t book) {
  const bool buys = errand.kind == Errand::Kind::purchase;
  try {
    const auto response = co_await client_.send(
        plan_.frontends[errand.frontend], buys ? purchase(book) : info(book), errand.due + plan_.patience);
    errand.fate = fate_of(response.status);
    errand.labelled = response.header(catalog::wire::as_of_header).has_value();
    const auto receipt = json::decode<orders::Receipt>(response.body);
    if (receipt) errand.order = receipt->order_id;
    if (buys && !receipt && errand.fate == Errand::Fate::answered) errand.fate = Errand::Fate::failed;
  } catch (const Outage&) {
    errand.fate = Errand::Fate::failed;
  }
  errand.ended = now();
}

}  // namespace bazar::experiment
