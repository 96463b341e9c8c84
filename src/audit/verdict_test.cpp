#include "audit/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/report.hpp"
#include "audit/testing/operations.hpp"

namespace bazar::audit {
namespace {

using testing::add_stock;
using testing::buy;
using testing::by;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::read;
using testing::set_price;
using testing::unknown;

OrderId order_id(std::uint8_t number) {
  OrderId id;
  id.bytes.back() = number;
  return id;
}

orders::Receipt receipt_of(std::uint8_t number, std::int64_t copies) {
  return {.order_id = order_id(number),
          .book_id = {7},
          .title = "Audited",
          .quantity = copies,
          .price = Money{1'000},
          .currency = "USD",
          .name = "audit-1",
          .ordered_at = WallTime(milliseconds(1'000)),
          .message = "bought book Audited"};
}

orders::Order order_of(std::uint8_t number, std::int64_t copies) {
  return {.order_id = order_id(number),
          .name = "audit-1",
          .currency = "USD",
          .lines = {{{7}, "Audited", copies, Money{1'000}}},
          .total = Money{1'000 * copies},
          .ordered_at = WallTime(milliseconds(1'000))};
}

/// One book, two purchases, one arrival, one edit, two front-ends: all as it should be. Each test spoils one
/// thing.
class Judge : public ::testing::Test {
 protected:
  Judge() {
    BookRecord book{.id = {7}, .initial = {Money{1'000}, 10}};
    book.history = {buy(0, 1, 2, 1'000), buy(2, 3, 3, 1'000), add_stock(4, 5, 4), set_price(6, 7, 1'200),
                    read(8, 9, 1'200, 9)};
    record.books.push_back(book);
    record.purchases = {purchase(1, 2), purchase(2, 3)};
    for (const auto* frontend : {"http://a", "http://b"}) {
      aftermath.lists.push_back({frontend, std::vector{order_of(1, 2), order_of(2, 3)}});
      aftermath.lookups.push_back({0, frontend, true, order_of(1, 2)});
    }
    aftermath.books = {BookState{Money{1'200}, 9}};
  }

  static PurchaseRecord purchase(std::uint8_t number, std::int64_t copies) {
    return {.key = "key-" + std::to_string(number),
            .name = "audit-1",
            .book = {7},
            .copies = copies,
            .outcome = Outcome::done,
            .receipt = receipt_of(number, copies),
            .answer = "200"};
  }

  std::vector<Operation>& history() { return record.books[0].history; }

  /// The promises that are found broken, and what is said about the first.
  std::vector<Promise> broken() {
    std::vector<Promise> found;
    text = "";
    for (const Finding& finding : judge(record, aftermath).broken) {
      if (text.empty()) text = finding.text;
      if (std::ranges::find(found, finding.promise) == found.end()) found.push_back(finding.promise);
    }
    return found;
  }
  std::vector<Promise> undecided() {
    std::vector<Promise> found;
    for (const Finding& finding : judge(record, aftermath).undecided) found.push_back(finding.promise);
    return found;
  }

  Record record;
  Aftermath aftermath;
  std::string text;
};

TEST_F(Judge, finds_nothing_where_nothing_is_wrong) {
  EXPECT_TRUE(judge(record, aftermath).all_held());
  EXPECT_EQ(result_of(judge(record, aftermath)), Result::held);
}

TEST_F(Judge, finds_a_stale_read) {
  history().push_back(by(3, read(10, 11, 1'000, 9)));
  EXPECT_THAT(broken(), ElementsAre(Promise::fresh_answers));
  EXPECT_THAT(text, HasSubstr("book 7: client 3 saw 9 in stock at 10.00"));
  EXPECT_EQ(result_of(judge(record, aftermath)), Result::broken);
}

TEST_F(Judge, finds_copies_that_vanished) {
  aftermath.books[0]->quantity = 8;
  EXPECT_THAT(broken(), ElementsAre(Promise::conserved_stock));
  EXPECT_THAT(text, HasSubstr("10 at first +4 arrived - 5 sold, and now 8"));
}

TEST_F(Judge, finds_copies_that_came_from_nowhere) {
  aftermath.books[0]->quantity = 11;
  EXPECT_THAT(broken(), ElementsAre(Promise::conserved_stock));
}

TEST_F(Judge, does_not_decide_on_the_stock_that_nobody_knows) {
  aftermath.books[0].reset();
  EXPECT_THAT(broken(), IsEmpty());
  EXPECT_THAT(undecided(), ElementsAre(Promise::conserved_stock));
  EXPECT_EQ(result_of(judge(record, aftermath)), Result::undecided);
}

TEST_F(Judge, allows_for_requests_of_unknown_outcome_in_the_stock) {
  history().push_back(unknown(buy(10, 11, 2, 0)));
  for (const auto quantity : {7, 8, 9}) {
    aftermath.books[0]->quantity = quantity;
    EXPECT_THAT(broken(), IsEmpty()) << quantity;
    EXPECT_THAT(undecided(), ElementsAre(Promise::conserved_stock));
  }
  aftermath.books[0]->quantity = 6;
  EXPECT_THAT(broken(), ElementsAre(Promise::conserved_stock));
}

TEST_F(Judge, finds_a_sale_without_order_at_one_front_end) {
  aftermath.lists[1].orders->pop_back();
  EXPECT_THAT(broken(), ElementsAre(Promise::orders_of_sales));
  EXPECT_THAT(text, HasSubstr("key key-2"));
  EXPECT_THAT(text, HasSubstr("http://b does not list it"));
}

TEST_F(Judge, finds_an_order_that_cannot_be_looked_up) {
  aftermath.lookups[1].order.reset();
  EXPECT_THAT(broken(), ElementsAre(Promise::orders_of_sales));
  EXPECT_THAT(text, HasSubstr("http://b does not know it"));
}

TEST_F(Judge, finds_an_order_with_another_content) {
  aftermath.lists[0].orders->front().lines[0].quantity = 9;
  EXPECT_THAT(broken(), ElementsAre(Promise::orders_of_sales));
  aftermath.lists[0].orders->front() = order_of(1, 2);
  aftermath.lookups[0].order->name = "somebody";
  EXPECT_THAT(broken(), ElementsAre(Promise::orders_of_sales));
}

TEST_F(Judge, finds_an_order_without_sale) {
  aftermath.lists[0].orders->push_back(order_of(3, 1));
  EXPECT_THAT(broken(), ElementsAre(Promise::sales_of_orders));
}

TEST_F(Judge, finds_an_order_of_a_purchase_that_was_refused) {
  record.purchases.push_back(purchase(3, 1));
  record.purchases.back().outcome = Outcome::refused;
  aftermath.lists[0].orders->push_back(order_of(3, 1));
  EXPECT_THAT(broken(), ElementsAre(Promise::sales_of_orders));
}

TEST_F(Judge, finds_an_order_that_is_listed_twice) {
  aftermath.lists[0].orders->push_back(order_of(2, 3));
  EXPECT_THAT(broken(), ElementsAre(Promise::sales_of_orders));
}

TEST_F(Judge, does_not_wonder_at_the_order_of_a_purchase_of_unknown_outcome) {
  record.purchases.push_back(purchase(3, 1));
  record.purchases.back().outcome = Outcome::unknown;
  aftermath.lists[0].orders->push_back(order_of(3, 1));
  EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(Judge, finds_two_purchases_with_one_order) {
  record.purchases.push_back(purchase(2, 3));
  record.purchases.back().key = "key-3";
  EXPECT_THAT(broken(), ElementsAre(Promise::orders_of_sales));
  EXPECT_THAT(text, HasSubstr("given to key key-3 as well"));
}

TEST_F(Judge, does_not_decide_on_orders_of_a_silent_front_end) {
  aftermath.lists[0].orders.reset();
  aftermath.lookups[0].answered = false;
  aftermath.lookups[0].order.reset();
  EXPECT_THAT(broken(), IsEmpty());
  EXPECT_THAT(undecided(), ElementsAre(Promise::orders_of_sales, Promise::orders_of_sales));
}

TEST_F(Judge, finds_an_answer_that_changed_on_replay) {
  record.changed.push_back({"key-1", "200 yes", "403 no"});
  EXPECT_THAT(broken(), ElementsAre(Promise::unchanged_replays));
  EXPECT_THAT(text, HasSubstr("key key-1 was first answered with 200 yes and later with 403 no"));
}

TEST_F(Judge, finds_an_answer_outside_of_the_contract) {
  record.strange.emplace_back("GET /info/7 was answered with 404");
  EXPECT_THAT(broken(), ElementsAre(Promise::proper_answers));
}

TEST_F(Judge, does_not_decide_on_more_orders_than_it_may_follow) {
  for (int i = 1; i <= 12; ++i) history().push_back(unknown(add_stock(9, 9, 1 << (i + 4))));
  history().push_back(read(20, 21, 1'200, 9 + 33 + (1 << 15)));
  const auto verdict = judge(record, aftermath, {.max_configurations = 50});
  EXPECT_THAT(verdict.broken, IsEmpty());
  EXPECT_EQ(verdict.undecided.front().promise, Promise::fresh_answers);
}

TEST(AvailabilityOfAStore, is_the_time_for_which_somebody_waited_in_vain) {
  using testing::at_ms;
  Availability availability;
  availability.tried(OperationKind::read, at_ms(0));
  availability.answered(OperationKind::read, at_ms(2));
  EXPECT_EQ(availability.longest_gap(OperationKind::read), milliseconds(2));
  // Nobody asks until 100.
  availability.tried(OperationKind::read, at_ms(100));
  availability.failed(OperationKind::read, "no connection");
  availability.tried(OperationKind::read, at_ms(120));
  availability.tried(OperationKind::read, at_ms(121));
  availability.answered(OperationKind::read, at_ms(130));
  EXPECT_EQ(availability.longest_gap(OperationKind::read), milliseconds(30));
  availability.answered(OperationKind::read, at_ms(175));
  EXPECT_EQ(availability.longest_gap(OperationKind::read), milliseconds(45));
  EXPECT_EQ(availability.longest_gap(OperationKind::buy), milliseconds(0));
  EXPECT_EQ(availability.answers(OperationKind::read), 3U);
  EXPECT_EQ(availability.failures().at("no connection"), 1U);
}

TEST_F(Judge, reports_in_words_and_in_json) {
  record.changed.push_back({"key-1", "200 yes", "403 no"});
  AuditOptions options;
  options.workload.frontends = {{"localhost", 8080}};
  options.workload.seed = 42;
  AuditOutcome outcome;
  outcome.record = record;
  outcome.verdict = judge(record, aftermath);
  outcome.kills.push_back({{"catalog", "catalog-1", 123}, milliseconds(5)});
  const std::string words = report_text(options, outcome);
  EXPECT_THAT(words, HasSubstr("seed 42"));
  EXPECT_THAT(words, HasSubstr("killed: 1 catalog"));
  EXPECT_THAT(words, HasSubstr("broken    a repeated key gets the first answer"));
  EXPECT_THAT(words, HasSubstr("A promise was broken."));
  const std::string json = report_json(options, outcome);
  EXPECT_THAT(json, HasSubstr(R"("result":"broken","seed":42)"));
  EXPECT_THAT(json, HasSubstr(R"({"promise":"unchanged_replays","result":"broken","findings":1,)"));
  EXPECT_THAT(json, HasSubstr(R"({"kind":"buy","done":2,"refused":0,"unknown":0,)"));
}

}  // namespace
}  // namespace bazar::audit
