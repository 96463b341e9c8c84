#include "db/postgres/client.hpp"

#include <boost/asio/redirect_error.hpp>
#include <list>

#include "base/oneshot.hpp"

namespace bazar::db::postgres {
namespace {

constexpr milliseconds first_pause{50};
constexpr milliseconds longest_pause{1'000};
constexpr milliseconds longest_attempt{5'000};

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

class Client::State : public std::enable_shared_from_this<Client::State> {
 public:
  using Waiter = Completion<std::shared_ptr<Connection>>;

  State(LoopExecutor executor, ConnectionOptions options)
      : executor_(std::move(executor)), options_(std::move(options)), timer_(executor_) {}

  [[nodiscard]] std::shared_ptr<Connection> present() const {
    return connection_ && connection_->usable() ? connection_ : nullptr;
  }

  void await(SteadyTime deadline, Waiter waiter) {
    waiters_.push_back({deadline, std::move(waiter)});
    if (std::exchange(connecting_, true)) return;
    asio::co_spawn(executor_, connect(shared_from_this()), asio::detached);
  }

  void stop() {
    stopped_ = true;
    timer_.cancel();
    if (connection_) connection_->close();  // others hold it too, and wait for its answers
    connection_.reset();
    fail(SteadyTime::max(), std::make_exception_ptr(Unavailable("the store is stopping")));
  }

 private:
  struct Waiting {
    SteadyTime deadline;
    Waiter waiter;
  };

  static Task<void> connect(std::shared_ptr<State> self) {
    while (!self->waiters_.empty() && !self->stopped_) {
      co_await self->pause();
      if (!self->stopped_) co_await self->attempt();
    }
    self->connecting_ = false;
  }

  /// Also before the first attempt of a new caller, where the last one has failed just now.
  Task<void> pause() {
    timer_.expires_at(std::min(next_attempt_, earliest_deadline()));
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(use_task, ignored));
    if (now() < next_attempt_) fail(now(), failure_);
  }

  Task<void> attempt() {
    if (waiters_.empty() || now() < next_attempt_) co_return;
    const SteadyTime until = std::min(now() + longest_attempt, latest_deadline());
    try {
      connection_ = co_await Connection::open(options_, until, next_endpoint_);
      next_endpoint_ = connection_->endpoint() + 1;
      pause_ = first_pause;
      next_attempt_ = {};
      for (Waiting& each : std::exchange(waiters_, {})) each.waiter.set_value(connection_);
    } catch (...) {
      failure_ = std::current_exception();
      // A host that swallows packets may have used up the time of those behind it: theirs comes next.
      if (now() >= until) ++next_endpoint_;
      next_attempt_ = now() + pause_;
      pause_ = std::min(pause_ * 2, longest_pause);
      fail(now(), failure_);
    }
  }

  void fail(SteadyTime until, const std::exception_ptr& error) {
    for (auto each = waiters_.begin(); each != waiters_.end();) {
      if (each->deadline <= until) {
        each->waiter.set_error(error);
        each = waiters_.erase(each);
      } else {
        ++each;
      }
    }
  }

  [[nodiscard]] SteadyTime earliest_deadline() const {
    return std::ranges::min_element(waiters_, {}, &Waiting::deadline)->deadline;
  }
  [[nodiscard]] SteadyTime latest_deadline() const {
    return std::ranges::max_element(waiters_, {}, &Waiting::deadline)->deadline;
  }

  LoopExecutor executor_;
  ConnectionOptions options_;
  Timer timer_;
  std::shared_ptr<Connection> connection_;
  std::list<Waiting> waiters_;
  SteadyTime next_attempt_{};
  milliseconds pause_ = first_pause;
  std::exception_ptr failure_;
  /// Behind the one that was lost: a deposed primary takes connections too, and answers nothing that counts.
  std::size_t next_endpoint_ = 0;
  bool connecting_ = false;
  bool stopped_ = false;
};

Client::Client(LoopExecutor executor, ConnectionOptions options)
    : state_(std::make_shared<State>(std::move(executor), std::move(options))) {}

Client::~Client() { state_->stop(); }

Task<std::shared_ptr<Connection>> Client::connection(SteadyTime deadline) {
  if (auto present = state_->present()) co_return present;
  co_return co_await suspend_until_complete<std::shared_ptr<Connection>>(
      [state = state_, deadline](State::Waiter waiter) { state->await(deadline, std::move(waiter)); });
}

}  // namespace bazar::db::postgres
