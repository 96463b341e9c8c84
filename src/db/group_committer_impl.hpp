#pragma once

#include "db/group_committer.hpp"

namespace bazar::db {

template <class Request, class Outcome>
GroupCommitter<Request, Outcome>::GroupCommitter(Commit commit, CommitterOptions options, Weigh weigh)
    : commit_(std::move(commit)), options_(options), weigh_(weigh), thread_([this] { run(); }) {
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
        const std::size_t weight = weigh_(request);
        // An exception must not leave the initiation of an asynchronous operation: it goes through the
        // completion.
        std::unique_lock hold(mutex_);
        if (stopping_ || !has_room(weight)) {
          auto refusal = stopping_ ? std::make_exception_ptr(Unavailable("the store is stopping"))
                                   : std::make_exception_ptr(Overloaded("too many writes are waiting"));
          hold.unlock();
          done.set_error(std::move(refusal));
          return;
        }
        queue_.push_back({Item{std::move(request)}, std::move(done), weight});
        queued_weight_ += weight;
        hold.unlock();
        filled_.notify_one();
      });
}

template <class Request, class Outcome>
std::size_t GroupCommitter<Request, Outcome>::queue_depth() const {
  const std::lock_guard hold(mutex_);
  return queue_.size();
}

/// An empty queue takes a request of any weight.
template <class Request, class Outcome>
bool GroupCommitter<Request, Outcome>::has_room(std::size_t weight) const {
  if (queue_.empty()) return true;
  return queue_.size() < options_.max_queue && queued_weight_ + weight <= options_.max_queue_weight;
}

template <class Request, class Outcome>
void GroupCommitter<Request, Outcome>::run() {
  Batch batch;
  while (take(batch)) {
    commit_and_answer(batch.items, batch.completions);
    batch.items.clear();
    batch.completions.clear();
  }
}

/// Waits for the next batch; false: stopping.
template <class Request, class Outcome>
bool GroupCommitter<Request, Outcome>::take(Batch& batch) {
  std::unique_lock hold(mutex_);
  filled_.wait(hold, [this] { return stopping_ || !queue_.empty(); });
  if (stopping_) return false;
  std::size_t weight = 0;
  while (!queue_.empty() && batch.items.size() < options_.max_batch) {
    Waiting& next = queue_.front();
    if (!batch.items.empty() && weight + next.weight > options_.max_batch_weight) break;
    weight += next.weight;
    batch.items.push_back(std::move(next.item));
    batch.completions.push_back(std::move(next.done));
    queue_.pop_front();
  }
  queued_weight_ -= weight;
  return true;
}

template <class Request, class Outcome>
void GroupCommitter<Request, Outcome>::commit_and_answer(std::span<Item> items,
                                                         std::span<Completion<Outcome>> completions) {
  std::exception_ptr error;
  bool try_each_alone = false;
  try {
    commit_(items);
  } catch (const Outage&) {
    error = std::current_exception();
  } catch (...) {
    error = std::current_exception();
    try_each_alone = items.size() > 1;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (try_each_alone) {
      commit_and_answer(items.subspan(i, 1), completions.subspan(i, 1));
    } else if (error) {
      completions[i].set_error(error);
    } else {
      completions[i].set_value(std::move(items[i].outcome));
    }
  }
}

}  // namespace bazar::db
