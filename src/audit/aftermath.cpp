#include "audit/aftermath.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <set>

#include "audit/store_calls.hpp"
#include "base/oneshot.hpp"

namespace bazar::audit {
namespace {

constexpr std::size_t lookups_at_once = 16;
constexpr milliseconds retry_pause{100};

SteadyTime now() { return std::chrono::steady_clock::now(); }

struct Inspection {
  Inspection(Loop& l, WorkloadOptions o, const Record& r)
      : loop(l), options(std::move(o)), record(r), calls(l, "") {}

  Loop& loop;
  WorkloadOptions options;
  const Record& record;
  StoreCalls calls;
  Aftermath aftermath = {};
  std::vector<std::size_t> to_look_up = {};
  std::size_t next_lookup = 0;
  SteadyTime until = now() + options.patience;

  [[nodiscard]] SteadyTime deadline() const { return std::min(until, now() + options.try_timeout); }
};

Task<> wait_a_little() {
  Timer timer(co_await asio::this_coro::executor);
  timer.expires_after(retry_pause);
  co_await timer.async_wait(use_task);
}

Task<std::optional<std::vector<orders::Order>>> list_orders(Inspection& inspection, http::Endpoint frontend,
                                                            std::string name) {
  while (true) {
    auto orders = co_await inspection.calls.orders_of(frontend, name, inspection.deadline());
    if (orders || now() >= inspection.until) co_return orders;
    co_await wait_a_little();
  }
}

Task<OrderList> list_orders(Inspection& inspection, http::Endpoint frontend) {
  std::set<std::string> names;
  for (const PurchaseRecord& purchase : inspection.record.purchases) names.insert(purchase.name);
  OrderList list{.frontend = http::to_url(frontend), .orders = {}};
  std::vector<orders::Order> all;
  for (const std::string& name : names) {
    auto orders = co_await list_orders(inspection, frontend, name);
    if (!orders) co_return list;
    std::ranges::move(*orders, std::back_inserter(all));
  }
  list.orders = std::move(all);
  co_return list;
}

/// Evenly over the whole run.
std::vector<std::size_t> choose_lookups(const Record& record) {
  std::vector<std::size_t> done;
  for (std::size_t i = 0; i < record.purchases.size(); ++i) {
    if (record.purchases[i].outcome == Outcome::done) done.push_back(i);
  }
  const std::size_t step = done.size() / most_lookups + 1;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < done.size(); i += step) chosen.push_back(done[i]);
  return chosen;
}

Task<> look_up_orders(Inspection& inspection) {
  while (inspection.next_lookup < inspection.to_look_up.size()) {
    const std::size_t number = inspection.next_lookup++;
    const std::size_t purchase = inspection.to_look_up[number];
    const auto& frontends = inspection.options.frontends;
    const http::Endpoint frontend = frontends[number % frontends.size()];
    const OrderId id = inspection.record.purchases[purchase].receipt.order_id;
    auto found = co_await inspection.calls.order(frontend, id, inspection.deadline());
    while (!found.answered && now() < inspection.until) {
      co_await wait_a_little();
      found = co_await inspection.calls.order(frontend, id, inspection.deadline());
    }
    inspection.aftermath.lookups.push_back({.purchase = purchase,
                                            .frontend = http::to_url(frontend),
                                            .answered = found.answered,
                                            .order = std::move(found.order)});
  }
}

struct Done {};

Task<> look_up_all_orders(Inspection& inspection) {
  inspection.to_look_up = choose_lookups(inspection.record);
  (void)co_await suspend_until_complete<Done>([&inspection](Completion<Done> completion) {
    auto shared = std::make_shared<Completion<Done>>(std::move(completion));
    auto left = std::make_shared<std::size_t>(lookups_at_once);
    auto failure = std::make_shared<std::exception_ptr>();
    for (std::size_t i = 0; i < lookups_at_once; ++i) {
      asio::co_spawn(inspection.loop.get_executor(), look_up_orders(inspection),
                     [shared, left, failure](std::exception_ptr error) {
                       if (error) *failure = error;
                       if (--*left > 0) return;
                       if (*failure) {
                         shared->set_error(*failure);
                       } else {
                         shared->set_value({});
                       }
                     });
    }
  });
}

Task<> read_books(Inspection& inspection) {
  for (const BookRecord& book : inspection.record.books) {
    std::optional<BookState> state;
    for (std::size_t i = 0; !state && (i == 0 || now() < inspection.until); ++i) {
      const auto& frontend = inspection.options.frontends[i % inspection.options.frontends.size()];
      const Answer answer = co_await inspection.calls.read(frontend, book.id, inspection.deadline());
      if (answer.meaning == Answer::Meaning::done) {
        state = answer.seen;
      } else {
        co_await wait_a_little();
      }
    }
    inspection.aftermath.books.push_back(state);
  }
}

}  // namespace

Task<Aftermath> collect_aftermath(Loop& loop, WorkloadOptions options, const Record& record) {
  Inspection inspection(loop, std::move(options), record);
  co_await read_books(inspection);
  for (const http::Endpoint& frontend : inspection.options.frontends) {
    inspection.until = now() + inspection.options.patience;
    OrderList list = co_await list_orders(inspection, frontend);
    inspection.aftermath.lists.push_back(std::move(list));
  }
  inspection.until = now() + inspection.options.patience;
  co_await look_up_all_orders(inspection);
  co_return std::move(inspection.aftermath);
}

}  // namespace bazar::audit
