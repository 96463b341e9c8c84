#pragma once

#include "db/group_committer.hpp"

namespace bazar::db {

template <class Request, class Outcome>
GroupCommitter<Request, Outcome>::GroupCommitter(Commit commit, CommitterOptions options)
    : commit_(std::move(commit)), options_(options), thread_([this] { run(); }) {
  BAZAR_ASSERT(options_.max_batch > 0, "an empty batch would never drain the queue");
}

template <class Request, class Outcome>
GroupCommitter<Request, Outcome>::~GroupCommitter() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
  for (auto& waiting : queue_) {
    waiting.done.set_error(std::make_exception_ptr(Unavailable("the store is stopping")));
  }
}

template <class Request, class Outcome>
Task<Outcome> GroupCommitter<Request, Outcome>::submit(Request request) {
  return suspend_until_complete<Outcome>(
      [this, request = std::move(request)](Completion<Outcome> done) mutable {
        std::exception_ptr refusal;
        {
          const std::lock_guard hold(mutex_);
          if (stopping_) {
            refusal = std::make_exception_ptr(Unavailable("the store is stopping"));
          } else if (queue_.size() >= options_.max_queue) {
            refusal = std::make_exception_ptr(Overloaded("too many writes are waiting"));
          } else {
            queue_.push_back({Item{std::move(request)}, std::move(done)});
          }
        }
        // An exception must not leave the initiation of an asynchronous operation: it goes through the
        // completion.
        if (refusal) {
          done.set_error(std::move(refusal));
        } else {
          filled_.notify_one();
        }
      });
}

template <class Request, class Outcome>
std::size_t GroupCommitter<Request, Outcome>::queue_depth() const {
  const std::lock_guard hold(mutex_);
  return queue_.size();
}

template <class Request, class Outcome>
void GroupCommitter<Request, Outcome>::run() {
  std::vector<Item> items;
  std::vector<Completion<Outcome>> completions;
  for (;;) {
    items.clear();
    completions.clear();
    {
      std::unique_lock hold(mutex_);
      filled_.wait(hold, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      while (!queue_.empty() && items.size() < options_.max_batch) {
        items.push_back(std::move(queue_.front().item));
        completions.push_back(std::move(queue_.front().done));
        queue_.pop_front();
      }
    }
    std::exception_ptr error;
    try {
      commit_(items);
    } catch (...) {
      error = std::current_exception();
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (error) {
        completions[i].set_error(error);
      } else {
        completions[i].set_value(std::move(items[i].outcome));
      }
    }
  }
}

}  // namespace bazar::db
