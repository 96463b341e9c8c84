#include "frontend/cache/memcached_connection.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/errors.hpp"
#include "base/oneshot.hpp"
#include "frontend/cache/memcached_session.hpp"

namespace bazar::frontend {
namespace {

constexpr milliseconds end_patience{1'000};

}  // namespace

/// What the connection and its thread share.
class MemcachedConnection::Worker {
 public:
  explicit Worker(http::Endpoint server) : server_(std::move(server)) {}

  /// Lets the thread end. False: it is still in the library after `patience`.
  bool end(milliseconds patience) {
    abandon();
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    return changed_.wait_for(lock, patience, [this] { return ended_; });
  }

  void start(Exchange exchange, Completion<Answer> done) {
    const std::lock_guard lock(mutex_);
    if (busy_) {
      done.set_error(std::make_exception_ptr(Unavailable("memcached does not answer yet")));
      return;
    }
    busy_ = true;
    job_ = std::move(exchange);
    done_.emplace(std::move(done));
    given_up_ = std::stop_source();
    changed_.notify_all();
  }

  void abandon() {
    const std::lock_guard lock(mutex_);
    given_up_.request_stop();
    if (auto done = std::exchange(done_, std::nullopt))
      done->set_error(std::make_exception_ptr(Unavailable("memcached does not answer in time")));
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return job_ || ending_; });
      if (!job_) break;
      const Exchange exchange = *std::exchange(job_, std::nullopt);
      const std::stop_token given_up = given_up_.get_token();
      lock.unlock();
      Answer answer;
      std::exception_ptr error;
      try {
        answer = run(exchange, given_up);
      } catch (...) {
        error = std::current_exception();
        session_.reset();
      }
      lock.lock();
      busy_ = false;
      finish(std::move(answer), std::move(error));
    }
    session_.reset();
    ended_ = true;
    changed_.notify_all();
  }

 private:
  Answer run(const Exchange& exchange, const std::stop_token& given_up) {
    if (!session_) session_.emplace(server_);
    return session_->exchange(exchange, given_up);
  }

  /// Called with the lock held. Nobody waits any more for what was abandoned.
  void finish(Answer answer, std::exception_ptr error) {
    auto done = std::exchange(done_, std::nullopt);
    if (!done) return;
    if (error)
      done->set_error(std::move(error));
    else
      done->set_value(std::move(answer));
  }

  const http::Endpoint server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  bool ended_ = false;
  bool busy_ = false;
  std::optional<Exchange> job_;
  std::optional<Completion<Answer>> done_;
  std::stop_source given_up_;
  std::optional<MemcachedSession> session_;  ///< of the thread
};

MemcachedConnection::MemcachedConnection(http::Endpoint server)
    : worker_(std::make_shared<Worker>(std::move(server))), thread_([worker = worker_] { worker->work(); }) {}

MemcachedConnection::~MemcachedConnection() {
  // A server that sends a byte now and then keeps the library busy for as long as it likes. The thread has
  // its share of what it needs, and ends when the library returns.
  if (worker_->end(end_patience))
    thread_.join();
  else
    thread_.detach();
}

Task<CacheConnection::Answer> MemcachedConnection::exchange(Exchange exchange) {
  co_return co_await suspend_until_complete<Answer>(
      [this, &exchange](Completion<Answer> done) { worker_->start(std::move(exchange), std::move(done)); });
}
void MemcachedConnection::abandon() { worker_->abandon(); }

}  // namespace bazar::frontend
