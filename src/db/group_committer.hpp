#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "base/oneshot.hpp"

namespace bazar::db {

struct CommitterOptions {
  std::size_t max_batch = 1'024;   ///< requests in one transaction
  std::size_t max_queue = 16'384;  ///< waiting requests; past it `submit` throws Overloaded
  /// Work in one transaction, as `Weigh` counts it. One request that weighs more has a batch of its own.
  std::size_t max_batch_weight = 5'000;
  std::size_t max_queue_weight = 500'000;  ///< waiting work; past it `submit` throws Overloaded
};

/// Group commit: requests of many coroutines share one transaction. While a batch commits, the next one
/// gathers; no timer holds a lone request back. One thread of its own runs `commit`, which must make the
/// whole batch durable and fill an outcome for each item before it returns. An Outage that it throws is
/// every request's of the batch. Any other exception is one request's fault and must leave nothing committed:
/// each request is then tried in a batch of its own, so that the faulty one fails alone.
template <class Request, class Outcome>
class GroupCommitter {
 public:
  struct Item {
    Request request;
    Outcome outcome{};
  };
  /// Runs on the committer's thread.
  using Commit = std::function<void(std::span<Item> batch)>;

  /// How much work a request is. From any loop.
  using Weigh = std::size_t (*)(const Request& request);

  explicit GroupCommitter(
      Commit commit, CommitterOptions options = {},
      Weigh weigh = [](const Request&) { return std::size_t{1}; });
  ~GroupCommitter();  ///< finishes the batch under way; what waits gets Unavailable

  /// Queues a request and waits for its batch. From any loop.
  Task<Outcome> submit(Request request);

  [[nodiscard]] std::size_t queue_depth() const;

 private:
  struct Waiting {
    Item item;
    Completion<Outcome> done;
    std::size_t weight = 1;
  };
  struct Batch {
    std::vector<Item> items;
    std::vector<Completion<Outcome>> completions;
  };
  void run();
  [[nodiscard]] bool has_room(std::size_t weight) const;
  [[nodiscard]] bool take(Batch& batch);
  void commit_and_answer(std::span<Item> items, std::span<Completion<Outcome>> completions);

  Commit commit_;
  CommitterOptions options_;
  Weigh weigh_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Waiting> queue_;
  std::size_t queued_weight_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace bazar::db

#include "db/group_committer_impl.hpp"
