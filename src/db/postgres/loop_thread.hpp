#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <thread>
#include <variant>

#include "base/oneshot.hpp"

namespace bazar::db::postgres {

/// A thread with a loop of its own, on which coroutines of other loops have work done.
class LoopThread {
 public:
  LoopThread() : work_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}
  ~LoopThread() { join(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// Waits until what runs there has come to its end: close connections first.
  void join() {
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] LoopExecutor executor() { return loop_.get_executor(); }

  /// Runs `task` here; the caller resumes on its own loop. From any loop.
  template <class T>
  Task<T> run(Task<T> task) {
    co_return co_await suspend_until_complete<T>(
        [executor = loop_.get_executor(), task = std::move(task)](Completion<T> done) mutable {
          asio::co_spawn(executor, std::move(task),
                         [done = std::move(done)](const std::exception_ptr& error, T value) mutable {
                           if (error) {
                             done.set_error(error);
                           } else {
                             done.set_value(std::move(value));
                           }
                         });
        });
  }

 private:
  Loop loop_{1};
  asio::executor_work_guard<LoopExecutor> work_;
  std::thread thread_;
};

/// Runs the loop of a thread that has no other work until `task` is finished. What else waits on the loop
/// (timers, sockets) stays where it is.
template <class T>
T run_to_end(Loop& loop, Task<T> task) {
  bool finished = false;
  std::exception_ptr failure;
  std::optional<T> result;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T value) {
    failure = std::move(error);
    result = std::move(value);
    finished = true;
  });
  loop.restart();
  // NOLINTNEXTLINE(bugprone-infinite-loop): `finished` is set by what has run
  do {
    loop.run_one();
  } while (!finished);
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

}  // namespace bazar::db::postgres
