#include "audit/audit.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include "audit/store_calls.hpp"

namespace bazar::audit {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// From plenty to scarce: refusals are answers to be checked as well.
constexpr std::array<std::int64_t, 4> stocks{1'000, 100, 20, 3};
constexpr Money first_price{1'000};
constexpr milliseconds progress_interval{500};
constexpr milliseconds retry_pause{100};

}  // namespace

Audit::Audit(Loop& loop, AuditOptions options)
    : loop_(loop), options_(std::move(options)), end_of_load_(loop.get_executor()) {}
Audit::~Audit() = default;

void Audit::stop() {
  stopped_ = true;
  end_of_load_.cancel();
}

Task<AuditOutcome> Audit::run() {
  co_await prepare_books();
  workload_.emplace(loop_, options_.workload, outcome_.record);
  const SteadyTime begin = now();
  co_await load();
  outcome_.elapsed = std::chrono::duration_cast<milliseconds>(now() - begin);
  co_await workload_->settle();
  const Aftermath aftermath = co_await collect_aftermath(loop_, options_.workload, outcome_.record);
  if (options_.books.empty() && !options_.keep) co_await remove_books();
  outcome_.verdict = judge(outcome_.record, aftermath);
  co_return std::move(outcome_);
}

Task<> Audit::prepare_books() {
  const auto& frontends = options_.workload.frontends;
  std::vector<BookId> ids = options_.books;
  if (ids.empty()) {
    StoreCalls calls(loop_, options_.workload.shopkeeper_token);
    for (std::size_t i = 0; i < stocks.size(); ++i) {
      const std::string title = fmt::format("Audit {} {}", options_.workload.name, i + 1);
      const BookState state{first_price, stocks.at(i)};
      ids.push_back(co_await calls.create_book(frontends[i % frontends.size()], title, state,
                                               fmt::format("{}-book-{}", options_.workload.name, i),
                                               now() + options_.workload.try_timeout));
    }
  }
  for (const BookId id : ids) {
    outcome_.record.books.push_back(
        co_await read_initial(loop_, frontends.front(), id, options_.workload.try_timeout));
  }
}

Task<> Audit::load() {
  std::optional<Killer> killer;
  std::size_t running = 1;
  std::exception_ptr failure;
  Timer ended(loop_.get_executor(), SteadyTime::max());
  const auto on_end = [&](std::exception_ptr error) {
    if (error) failure = error;
    if (error) stop();
    --running;
    ended.cancel();
  };
  asio::co_spawn(loop_.get_executor(), workload_->run(), on_end);
  if (options_.killer) {
    ++running;
    killer.emplace(loop_, *options_.killer);
    asio::co_spawn(loop_.get_executor(), killer->run(), on_end);
  }

  const SteadyTime begin = now();
  const SteadyTime end = begin + options_.duration;
  while (!stopped_ && now() < end) {
    options_.progress({.elapsed = std::chrono::duration_cast<milliseconds>(now() - begin),
                       .operations = outcome_.record.operations(),
                       .kills = killer ? killer->kills().size() : 0});
    end_of_load_.expires_at(std::min(end, now() + progress_interval));
    boost::system::error_code cancelled;
    co_await end_of_load_.async_wait(asio::redirect_error(use_task, cancelled));
  }
  workload_->stop();
  if (killer) killer->stop();
  while (running > 0) {
    boost::system::error_code cancelled;
    co_await ended.async_wait(asio::redirect_error(use_task, cancelled));
  }
  if (killer) outcome_.kills = killer->kills();
  if (failure) std::rethrow_exception(failure);
}

Task<> Audit::remove_books() {
  StoreCalls calls(loop_, options_.workload.shopkeeper_token);
  const auto& frontends = options_.workload.frontends;
  for (const BookRecord& book : outcome_.record.books) {
    const SteadyTime until = now() + options_.workload.patience;
    bool removed = false;
    for (std::size_t i = 0; !removed && now() < until; ++i) {
      removed = co_await calls.remove_book(frontends[i % frontends.size()], book.id,
                                           std::min(until, now() + options_.workload.try_timeout));
      if (removed) break;
      Timer pause(loop_.get_executor());
      pause.expires_after(retry_pause);
      co_await pause.async_wait(use_task);
    }
    if (!removed) outcome_.not_removed.push_back(book.id);
  }
}

}  // namespace bazar::audit
