#include "orders/purchase_queue.hpp"

#include <gmock/gmock.h>

#include "base/errors.hpp"

namespace bazar::orders {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A queue with a clock that the test turns, and what its callers were told.
class PurchaseQueueTest : public ::testing::Test {
 protected:
  struct Told {
    std::optional<std::vector<std::string>> results;
  };

  /// Adds a group; what it is told is readable from then on: `bought`, `in_flight`, `deadline`.
  std::shared_ptr<Told> add(const std::vector<std::string>& keys,
                            milliseconds patience = milliseconds{1'000}) {
    std::vector<PurchaseRequest> requests;
    for (const auto& key : keys)
      requests.push_back({.key = key, .name = "Hiba", .lines = {{.book_id = {2}}}});
    auto told = std::make_shared<Told>();
    queue_.add(std::move(requests), clock_.now() + patience, [told](std::vector<PurchaseResult> results) {
      EXPECT_FALSE(told->results) << "a caller is answered once";
      told->results.emplace();
      for (const auto& result : results) told->results->push_back(describe(result));
    });
    return told;
  }

  void settle(const PurchaseQueue::Item& item) {
    PurchaseOutcome bought;
    bought.status = PurchaseStatus::bought;
    queue_.settle(item, std::move(bought));
  }

  void pass(milliseconds time) {
    clock_.advance(time);
    queue_.expire(clock_.now());
  }

  static std::string describe(const PurchaseResult& result) {
    if (result) return std::string(to_string(result->status));
    try {
      std::rethrow_exception(result.error());
    } catch (const DeadlineExceeded&) {
      return "deadline";
    }
  }

  static std::vector<std::string> keys_of(const PurchaseQueue::Batch& batch) {
    std::vector<std::string> keys;
    for (const auto& item : batch) keys.push_back(item.request().key);
    return keys;
  }

  ManualClock clock_;
  PurchaseQueue queue_;
};

TEST_F(PurchaseQueueTest, gives_out_purchases_in_the_order_in_which_they_came) {
  add({"a", "b"});
  add({"c"});
  EXPECT_THAT(keys_of(queue_.take(2)), ElementsAre("a", "b"));
  EXPECT_THAT(keys_of(queue_.take(2)), ElementsAre("c"));
  EXPECT_THAT(queue_.take(2), IsEmpty());
  EXPECT_EQ(queue_.outstanding(), 3U);
}

TEST_F(PurchaseQueueTest, answers_a_group_when_the_last_of_it_is_settled_whatever_the_order) {
  const auto told = add({"a", "b"});
  const auto batch = queue_.take(10);
  settle(batch[1]);
  EXPECT_FALSE(told->results);
  settle(batch[0]);
  EXPECT_THAT(*told->results, ElementsAre("bought", "bought"));
  EXPECT_EQ(queue_.outstanding(), 0U);
  EXPECT_EQ(queue_.next_deadline(), std::nullopt);
}

TEST_F(PurchaseQueueTest, answers_at_the_deadline_with_what_is_known_then) {
  const auto told = add({"a", "b"}, milliseconds{100});
  const auto batch = queue_.take(1);
  settle(batch[0]);
  pass(milliseconds{99});
  EXPECT_FALSE(told->results);
  pass(milliseconds{1});
  EXPECT_THAT(*told->results, ElementsAre("bought", "deadline"));
}

TEST_F(PurchaseQueueTest, passes_over_what_was_not_taken_before_its_caller_left) {
  add({"a"}, milliseconds{10});
  add({"b"});
  pass(milliseconds{10});
  EXPECT_EQ(queue_.outstanding(), 2U);
  EXPECT_THAT(keys_of(queue_.take(10)), ElementsAre("b"));
  EXPECT_EQ(queue_.outstanding(), 1U);
}

TEST_F(PurchaseQueueTest, keeps_a_taken_purchase_under_way_after_its_caller_left) {
  const auto told = add({"a"}, milliseconds{10});
  const auto batch = queue_.take(10);
  pass(milliseconds{10});
  EXPECT_THAT(*told->results, ElementsAre("deadline"));
  EXPECT_EQ(queue_.outstanding(), 1U);
  settle(batch[0]);
  EXPECT_EQ(queue_.outstanding(), 0U);
}

TEST_F(PurchaseQueueTest, says_in_flight_while_another_purchase_with_the_key_is_undecided) {
  add({"a"});
  const auto batch = queue_.take(10);
  const auto waiting = add({"a"}, milliseconds{10});
  pass(milliseconds{10});
  EXPECT_THAT(*waiting->results, ElementsAre("in_flight"));
  settle(batch[0]);
  const auto later = add({"a"}, milliseconds{10});
  pass(milliseconds{10});
  EXPECT_THAT(*later->results, ElementsAre("deadline"));
}

TEST_F(PurchaseQueueTest, counts_an_abandoned_purchase_that_is_under_way_as_in_flight) {
  add({"a"}, milliseconds{10});
  const auto batch = queue_.take(10);
  pass(milliseconds{10});
  const auto retry = add({"a"}, milliseconds{10});
  pass(milliseconds{10});
  EXPECT_THAT(*retry->results, ElementsAre("in_flight"));
}

TEST_F(PurchaseQueueTest, does_not_count_an_abandoned_purchase_that_was_never_taken) {
  add({"a"}, milliseconds{10});
  pass(milliseconds{10});
  const auto retry = add({"a"}, milliseconds{10});
  pass(milliseconds{10});
  EXPECT_THAT(*retry->results, ElementsAre("deadline"));
}

TEST_F(PurchaseQueueTest, names_the_earliest_deadline) {
  add({"a"}, milliseconds{50});
  add({"b"}, milliseconds{20});
  EXPECT_EQ(queue_.next_deadline(), clock_.now() + milliseconds{20});
  pass(milliseconds{20});
  EXPECT_EQ(queue_.next_deadline(), clock_.now() + milliseconds{30});
}

}  // namespace
}  // namespace bazar::orders
