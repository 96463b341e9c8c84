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
};

/// Group commit: requests of many coroutines share one transaction. While a batch commits, the next one
/// gathers; no timer holds a lone request back. One thread of its own runs `commit`, which must make the
/// whole batch durable and fill an outcome for each item before it returns; where it throws, every request of
/// the batch gets that error.
template <class Request, class Outcome>
class GroupCommitter {
 public:
  struct Item {
    Request request;
    Outcome outcome{};
  };
  /// Runs on the committer's thread.
  using Commit = std::function<void(std::span<Item> batch)>;

  explicit GroupCommitter(Commit commit, CommitterOptions options = {});
  ~GroupCommitter();  ///< finishes the batch under way; what waits gets Unavailable

  /// Queues a request and waits for its batch. From any loop.
  Task<Outcome> submit(Request request);

  [[nodiscard]] std::size_t queue_depth() const;

 private:
  struct Waiting {
    Item item;
    Completion<Outcome> done;
  };
  void run();

  Commit commit_;
  CommitterOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Waiting> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace bazar::db

#include "db/group_committer_impl.hpp"
