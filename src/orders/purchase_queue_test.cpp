#include "orders/purchase_queue.hpp"

#include <gmock/gmock.h>

#include "base/errors.hpp"

namespace bazar::orders {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A queue, and what its callers were told.
class PurchaseQueueTest : public ::testing::Test {
 protected:
  struct Caller {
    std::optional<std::vector<std::string>> results;
    PurchaseQueue::Ticket ticket;
  };

  /// Adds a group; what it is told is readable from then on: `bought`, `in_flight`, `late`.
  std::shared_ptr<Caller> add(const std::vector<std::string>& keys, std::size_t lines = 1) {
    std::vector<PurchaseRequest> requests;
    for (const auto& key : keys)
      requests.push_back({.key = key, .name = "Hiba", .lines = std::vector<catalog::SaleLine>(lines)});
    auto caller = std::make_shared<Caller>();
    caller->ticket = queue_.add(std::move(requests), [caller](std::vector<PurchaseResult> results) {
      EXPECT_FALSE(caller->results) << "a caller is answered once";
      caller->results.emplace();
      for (const auto& result : results) caller->results->push_back(describe(result));
    });
    return caller;
  }

  void settle(const PurchaseQueue::Item& item) {
    PurchaseOutcome bought;
    bought.status = PurchaseStatus::bought;
    queue_.settle(item, std::move(bought));
  }

  void give_up(const Caller& caller) {
    queue_.give_up(caller.ticket, std::make_exception_ptr(DeadlineExceeded("late")));
  }

  static std::string describe(const PurchaseResult& result) {
    if (result) return std::string(to_string(result->status));
    try {
      std::rethrow_exception(result.error());
    } catch (const DeadlineExceeded& late) {
      return late.what();
    }
  }

  PurchaseQueue::Batch take(std::size_t max = 10) { return queue_.take(max, 1'000); }

  static std::vector<std::string> keys_of(const PurchaseQueue::Batch& batch) {
    std::vector<std::string> keys;
    for (const auto& item : batch) keys.push_back(item.request().key);
    return keys;
  }

  PurchaseQueue queue_;
};

TEST_F(PurchaseQueueTest, gives_out_purchases_in_the_order_in_which_they_came) {
  add({"a", "b"});
  add({"c"});
  EXPECT_THAT(keys_of(take(2)), ElementsAre("a", "b"));
  EXPECT_THAT(keys_of(take(2)), ElementsAre("c"));
  EXPECT_THAT(take(2), IsEmpty());
  EXPECT_EQ(queue_.outstanding(), 3U);
}

TEST_F(PurchaseQueueTest, gives_out_no_further_purchase_once_a_batch_has_its_lines) {
  add({"a", "b", "c"}, 40);
  EXPECT_THAT(keys_of(queue_.take(10, 50)), ElementsAre("a", "b"));
  EXPECT_THAT(keys_of(queue_.take(10, 50)), ElementsAre("c"));
  add({"large"}, 100);
  EXPECT_THAT(keys_of(queue_.take(10, 50)), ElementsAre("large"));
}

TEST_F(PurchaseQueueTest, answers_a_group_when_the_last_of_it_is_settled_whatever_the_order) {
  const auto caller = add({"a", "b"});
  const auto batch = take();
  settle(batch[1]);
  EXPECT_FALSE(caller->results);
  settle(batch[0]);
  EXPECT_THAT(*caller->results, ElementsAre("bought", "bought"));
  EXPECT_EQ(queue_.outstanding(), 0U);
}

TEST_F(PurchaseQueueTest, answers_a_caller_that_gives_up_with_what_is_known_then) {
  const auto caller = add({"a", "b"});
  const auto batch = take(1);
  settle(batch[0]);
  EXPECT_FALSE(caller->results);
  give_up(*caller);
  EXPECT_THAT(*caller->results, ElementsAre("bought", "late"));
}

TEST_F(PurchaseQueueTest, answers_once_whoever_gives_up_afterwards_or_twice) {
  const auto answered = add({"a"});
  settle(take()[0]);
  give_up(*answered);
  const auto left = add({"b"});
  give_up(*left);
  give_up(*left);
  EXPECT_THAT(*answered->results, ElementsAre("bought"));
  EXPECT_THAT(*left->results, ElementsAre("late"));
}

TEST_F(PurchaseQueueTest, passes_over_what_was_not_taken_before_its_caller_left) {
  const auto left = add({"a"});
  add({"b"});
  give_up(*left);
  EXPECT_EQ(queue_.outstanding(), 2U);
  EXPECT_THAT(keys_of(take()), ElementsAre("b"));
  EXPECT_EQ(queue_.outstanding(), 1U);
}

TEST_F(PurchaseQueueTest, keeps_a_taken_purchase_under_way_after_its_caller_left) {
  const auto caller = add({"a"});
  const auto batch = take();
  give_up(*caller);
  EXPECT_THAT(*caller->results, ElementsAre("late"));
  EXPECT_EQ(queue_.outstanding(), 1U);
  settle(batch[0]);
  EXPECT_EQ(queue_.outstanding(), 0U);
}

TEST_F(PurchaseQueueTest, says_in_flight_while_another_caller_waits_for_a_purchase_with_the_key) {
  add({"a"});
  const auto batch = take();
  const auto waiting = add({"a"});
  give_up(*waiting);
  EXPECT_THAT(*waiting->results, ElementsAre("in_flight"));
  settle(batch[0]);
  const auto later = add({"a"});
  give_up(*later);
  EXPECT_THAT(*later->results, ElementsAre("late"));
}

TEST_F(PurchaseQueueTest, does_not_say_in_flight_to_a_caller_that_left_and_asks_again) {
  const auto left = add({"a"});
  const auto batch = take();
  give_up(*left);
  const auto retry = add({"a"});
  give_up(*retry);
  EXPECT_THAT(*retry->results, ElementsAre("late"));
  settle(batch[0]);
  EXPECT_EQ(queue_.outstanding(), 1U) << "the retry was not taken yet";
}

TEST_F(PurchaseQueueTest, does_not_count_an_abandoned_purchase_that_was_never_taken) {
  give_up(*add({"a"}));
  const auto retry = add({"a"});
  give_up(*retry);
  EXPECT_THAT(*retry->results, ElementsAre("late"));
}

}  // namespace
}  // namespace bazar::orders
