#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "orders/order.hpp"

namespace bazar::orders {

/// A purchase's outcome, or why it is unknown: an Outage.
using PurchaseResult = std::expected<PurchaseOutcome, std::exception_ptr>;

/// Purchases from when they come until they are decided. They come in groups, one a caller; a caller is
/// answered when all of its group are decided, or when it gives up, whichever is first. They leave in
/// batches, which stay under way until every item of them is settled, whether its caller still waits or not.
/// A pure state machine without a clock. Not thread-safe.
class PurchaseQueue {
  struct Group;

 public:
  /// One result for each request of a group, in order. Called once, within `settle` or `give_up`; must not
  /// throw.
  using Answer = std::move_only_function<void(std::vector<PurchaseResult>)>;

  /// Names a group until it is answered.
  using Ticket = std::weak_ptr<Group>;

  /// One purchase of a batch.
  class Item {
   public:
    [[nodiscard]] const PurchaseRequest& request() const;

   private:
    friend class PurchaseQueue;
    Item(std::shared_ptr<Group> group, std::size_t index) : group_(std::move(group)), index_(index) {}

    std::shared_ptr<Group> group_;
    std::size_t index_ = 0;
  };
  using Batch = std::vector<Item>;

  /// `requests` is not empty.
  Ticket add(std::vector<PurchaseRequest> requests, Answer answer);

  /// The next purchases in the order in which they came, at most `max`, and no further one once they have
  /// `max_lines` lines. Those whose caller left are passed over: nothing happened, nothing shall.
  [[nodiscard]] Batch take(std::size_t max, std::size_t max_lines);

  /// The item of a batch is decided, or failed. Once an item.
  void settle(const Item& item, PurchaseResult result);

  /// Answers a caller that waits no longer. What is undecided is `in_flight` where another caller waits for a
  /// purchase with that key, otherwise it failed by `reason`: callers that left do not count, since they may
  /// be the same one, which asks again.
  void give_up(const Ticket& ticket, const std::exception_ptr& reason);

  /// Purchases queued or under way, also those whose caller left.
  [[nodiscard]] std::size_t outstanding() const { return outstanding_; }

 private:
  struct Group {
    std::vector<PurchaseRequest> requests;
    std::vector<std::optional<PurchaseResult>> results;
    std::size_t unknown = 0;
    bool answered = false;
    Answer answer;
  };

  static void answer(Group& group);
  void release_key(const std::string& key);

  std::deque<Item> waiting_;
  std::unordered_map<std::string, unsigned>
      keys_;  ///< how many undecided purchases that are waited for have this key
  std::size_t outstanding_ = 0;
};

}  // namespace bazar::orders
