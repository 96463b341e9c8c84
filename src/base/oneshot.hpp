#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <functional>
#include <utility>

#include "base/assert.hpp"
#include "base/task.hpp"

namespace bazar {

/// The completing end of one suspended coroutine. May be moved to, and called on, any thread; the coroutine
/// resumes on its own loop. Call exactly one of `set_value`, `set_error`, once.
template <class T>
class Completion {
 public:
  using Handler = std::move_only_function<void(std::exception_ptr, T)>;

  Completion(LoopExecutor executor, Handler handler)
      : executor_(std::move(executor)), work_(executor_), handler_(std::move(handler)) {}

  void set_value(T value) { resume(nullptr, std::move(value)); }
  void set_error(std::exception_ptr error) { resume(std::move(error), T{}); }

 private:
  void resume(std::exception_ptr error, T value) {
    BAZAR_ASSERT(handler_, "a coroutine is completed once");
    asio::post(executor_,
               [handler = std::exchange(handler_, nullptr), error = std::move(error),
                value = std::move(value)]() mutable { handler(std::move(error), std::move(value)); });
  }

  LoopExecutor executor_;
  asio::executor_work_guard<LoopExecutor> work_;
  Handler handler_;
};

/// Suspends the calling coroutine and passes its `Completion<T>` to `start`, which hands it to whoever will
/// finish the work. `T` must be default-constructible and movable.
template <class T, class Start>
Task<T> suspend_until_complete(Start start) {
  const LoopExecutor executor = co_await asio::this_coro::executor;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<LoopExecutor>,
                                          void(std::exception_ptr, T)>(
      [executor, start = std::move(start)](auto handler) mutable {
        start(Completion<T>(executor, typename Completion<T>::Handler(std::move(handler))));
      },
      use_task);
}

}  // namespace bazar
