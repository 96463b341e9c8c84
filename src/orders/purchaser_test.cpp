#include "orders/purchaser.hpp"

#include <gmock/gmock.h>

#include "orders/testing/purchase_rig.hpp"

namespace bazar::orders {
namespace {

using ::testing::ElementsAre;
using testing::PurchaseRig;
using Keys = std::vector<std::string>;

std::vector<PurchaseStatus> statuses_of(const std::vector<Purchaser::Result>& results) {
  std::vector<PurchaseStatus> statuses;
  for (const auto& result : results)
    statuses.push_back(result ? result->status : PurchaseStatus::unavailable);
  return statuses;
}

/// Buys `first`, and while the catalog holds that call up starts the group `then`.
auto buy_behind(PurchaseRig& rig, const std::string& first, const Keys& then) {
  rig.catalog.hold();
  auto lone = rig.start_buying(first);
  EXPECT_TRUE(rig.run_until([&] { return rig.catalog.held() == 1; }));
  auto group = rig.start(rig.purchaser->purchase_each(PurchaseRig::wishes(then), rig.soon()));
  return std::pair(lone, group);
}

TEST(Purchaser, sends_a_lone_purchase_at_once_and_answers_with_its_order) {
  PurchaseRig rig;
  const auto outcome = rig.buy("k1", {2}, 3);
  EXPECT_EQ(outcome.status, PurchaseStatus::bought);
  EXPECT_FALSE(outcome.replayed);
  ASSERT_TRUE(outcome.order);
  EXPECT_EQ(outcome.order->name, "Hiba");
  EXPECT_EQ(outcome.order->lines.front().title, "Book 2");
  EXPECT_EQ(outcome.order->total, Money{3 * 2235});
  EXPECT_EQ(rig.catalog.in_stock({2}), 57);
  EXPECT_EQ(rig.store.orders.at(outcome.order->order_id), *outcome.order);
  EXPECT_THAT(rig.catalog.batch_sizes(), ElementsAre(1));
}

TEST(Purchaser, gathers_purchases_while_a_call_is_in_flight) {
  PurchaseRig rig;
  auto [lone, group] = buy_behind(rig, "k0", {"k1", "k2", "k3"});
  auto straggler = rig.start_buying("k4");
  rig.catalog.release();
  ASSERT_TRUE(rig.run_until([&] { return lone->done() && group->done() && straggler->done(); }));
  EXPECT_THAT(rig.catalog.batch_sizes(), ElementsAre(1, 4));
  EXPECT_EQ(rig.catalog.sold(), 5U);
  EXPECT_EQ(rig.store.orders.size(), 5U);
}

TEST(Purchaser, a_frozen_catalog_holds_up_one_call_and_no_other) {
  PurchaseRig rig;
  testing::FakeCatalog frozen;
  frozen.stock({2}, 60);
  frozen.hold();
  rig.upstream.set_replicas(
      {{.name = "catalog-1", .url = frozen.url()}, {.name = "catalog-2", .url = rig.catalog.url()}});
  auto stuck = rig.start_buying("k0");
  ASSERT_TRUE(rig.run_until([&] { return frozen.held() == 1; }));
  for (const char* key : {"k1", "k2", "k3"}) EXPECT_EQ(rig.buy(key).status, PurchaseStatus::bought);
  EXPECT_FALSE(stuck->done());
  EXPECT_EQ(frozen.held(), 1U);
  frozen.release();
  ASSERT_TRUE(rig.run_until([&] { return stuck->done(); }));
  EXPECT_EQ(stuck->value->status, PurchaseStatus::bought);
}

TEST(Purchaser, splits_what_has_gathered_into_calls_of_the_largest_size) {
  PurchaseRig rig({.max_batch = 2});
  auto [lone, group] = buy_behind(rig, "k0", {"k1", "k2", "k3", "k4", "k5"});
  rig.catalog.release();
  ASSERT_TRUE(rig.run_until([&] { return lone->done() && group->done(); }));
  EXPECT_THAT(rig.catalog.batch_sizes(), ElementsAre(1, 2, 2, 1));
  EXPECT_EQ(group->value->size(), 5U);
}

TEST(Purchaser, gives_each_purchase_of_a_call_its_own_outcome_in_order) {
  PurchaseRig rig;
  rig.buy("used");
  std::vector<PurchaseRequest> wishes;
  wishes.push_back(PurchaseRig::wish("k1", {99}));
  wishes.push_back(PurchaseRig::wish("k2", {3}, 9));
  wishes.push_back(PurchaseRig::wish("used", {1}));
  wishes.push_back(PurchaseRig::wish("k3", {3}, 8));
  wishes.push_back(PurchaseRig::wish("used"));
  const auto results = rig.await(rig.purchaser->purchase_each(std::move(wishes), rig.soon()));
  EXPECT_THAT(statuses_of(results),
              ElementsAre(PurchaseStatus::not_found, PurchaseStatus::out_of_stock, PurchaseStatus::key_reused,
                          PurchaseStatus::bought, PurchaseStatus::bought));
  EXPECT_THAT(results[1]->refused,
              ElementsAre(catalog::RefusedLine{.book_id = {3}, .requested = 9, .available = 8}));
  EXPECT_FALSE(results[3]->replayed);
  EXPECT_TRUE(results[4]->replayed);
}

TEST(Purchaser, answers_a_replay_with_the_first_order) {
  PurchaseRig rig;
  const auto first = rig.buy("k1");
  const auto again = rig.buy("k1");
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.order, first.order);
  EXPECT_EQ(rig.catalog.sold(), 1U);
}

TEST(Purchaser, decides_a_key_that_comes_twice_in_one_call_once) {
  PurchaseRig rig;
  const auto results = rig.await(rig.purchaser->purchase_each(PurchaseRig::wishes({"k1", "k1"}), rig.soon()));
  ASSERT_TRUE(results[0] && results[1]);
  EXPECT_EQ(results[0]->order, results[1]->order);
  EXPECT_EQ(rig.catalog.sold(), 1U);
  EXPECT_EQ(rig.store.orders.size(), 1U);
}

TEST(Purchaser, remembers_a_refusal_after_a_restock) {
  PurchaseRig rig;
  EXPECT_EQ(rig.buy("k1", {3}, 9).status, PurchaseStatus::out_of_stock);
  rig.catalog.stock({3}, 100);
  const auto again = rig.buy("k1", {3}, 9);
  EXPECT_EQ(again.status, PurchaseStatus::out_of_stock);
  EXPECT_TRUE(again.replayed);
}

TEST(Purchaser, projects_a_replayed_sale_whose_order_was_lost) {
  PurchaseRig rig;
  const auto first = rig.buy("k1");
  rig.store.orders.clear();
  rig.buy("k1");
  EXPECT_EQ(rig.store.orders.count(first.order->order_id), 1U);
}

TEST(Purchaser, answers_a_sale_only_after_its_order_is_in_the_store) {
  PurchaseRig rig;
  rig.store.hold();
  auto purchase = rig.start_buying("k1");
  ASSERT_TRUE(rig.run_until([&] { return rig.store.held() == 1; }));
  EXPECT_EQ(rig.catalog.sold(), 1U);
  EXPECT_FALSE(purchase->done());
  rig.store.release();
  ASSERT_TRUE(rig.run_until([&] { return purchase->done(); }));
  EXPECT_EQ(purchase->value->status, PurchaseStatus::bought);
}

TEST(Purchaser, sends_the_next_call_while_orders_are_still_being_inserted) {
  PurchaseRig rig;
  rig.store.hold();
  auto first = rig.start_buying("k1");
  ASSERT_TRUE(rig.run_until([&] { return rig.store.held() == 1; }));
  auto second = rig.start_buying("k2");
  EXPECT_TRUE(rig.run_until([&] { return rig.catalog.sold() == 2; }));
  rig.store.release();
  ASSERT_TRUE(rig.run_until([&] { return first->done() && second->done(); }));
}

TEST(Purchaser, says_unavailable_where_the_store_fails_and_cures_it_on_a_retry) {
  PurchaseRig rig;
  rig.store.fails = true;
  std::vector<PurchaseRequest> wishes = PurchaseRig::wishes({"k1"});
  wishes.push_back(PurchaseRig::wish("k2", {99}));
  const auto results = rig.await(rig.purchaser->purchase_each(std::move(wishes), rig.soon()));
  ASSERT_FALSE(results[0]);
  EXPECT_THROW(std::rethrow_exception(results[0].error()), Unavailable);
  EXPECT_EQ(results[1]->status, PurchaseStatus::not_found);

  rig.store.fails = false;
  const auto again = rig.buy("k1");
  EXPECT_EQ(again.status, PurchaseStatus::bought);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(rig.catalog.sold(), 1U);
  EXPECT_EQ(rig.store.orders.size(), 1U);
}

TEST(Purchaser, sells_once_where_the_catalogs_answer_is_lost) {
  PurchaseRig rig;
  rig.catalog.lose_answers(1);
  const auto outcome = rig.buy("k1");
  EXPECT_EQ(outcome.status, PurchaseStatus::bought);
  EXPECT_TRUE(outcome.replayed);
  EXPECT_EQ(rig.catalog.sold(), 1U);
  EXPECT_EQ(rig.catalog.in_stock({2}), 59);
  EXPECT_EQ(rig.store.orders.count(outcome.order->order_id), 1U);
}

TEST(Purchaser, throws_an_outage_where_no_catalog_answers_and_recovers) {
  PurchaseRig rig({.batch_deadline = milliseconds{200}});
  rig.catalog.set_down(true);
  EXPECT_THROW(rig.buy("k1"), Outage);
  EXPECT_FALSE(rig.catalog.knows("k1"));
  EXPECT_TRUE(rig.store.orders.empty());
  rig.catalog.set_down(false);
  EXPECT_EQ(rig.buy("k1").status, PurchaseStatus::bought);
}

TEST(Purchaser, ends_a_wait_at_its_deadline_while_the_call_goes_on) {
  PurchaseRig rig;
  rig.catalog.hold();
  auto purchase = rig.start_buying("k1", milliseconds{30});
  ASSERT_TRUE(rig.run_until([&] { return purchase->done(); }));
  EXPECT_TRUE(purchase->threw<DeadlineExceeded>());
  ASSERT_TRUE(rig.run_until([&] { return rig.catalog.held() == 1; }));
  rig.catalog.release();
  EXPECT_TRUE(rig.run_until([&] { return rig.store.orders.size() == 1; }));
  EXPECT_TRUE(rig.buy("k1").replayed);
}

TEST(Purchaser, does_nothing_for_a_purchase_whose_time_is_up_when_it_comes) {
  PurchaseRig rig;
  auto late = rig.start_buying("k1", milliseconds{-1});
  ASSERT_TRUE(rig.run_until([&] { return late->done(); }));
  EXPECT_TRUE(late->threw<DeadlineExceeded>());
  rig.buy("k2");
  EXPECT_FALSE(rig.catalog.knows("k1"));
}

TEST(Purchaser, says_in_flight_at_the_deadline_of_a_key_that_is_still_being_decided) {
  PurchaseRig rig;
  rig.catalog.hold();
  auto first = rig.start_buying("k1");
  ASSERT_TRUE(rig.run_until([&] { return rig.catalog.held() == 1; }));
  auto duplicate = rig.start_buying("k1", milliseconds{30});
  ASSERT_TRUE(rig.run_until([&] { return duplicate->done(); }));
  ASSERT_TRUE(duplicate->value);
  EXPECT_EQ(duplicate->value->status, PurchaseStatus::in_flight);
  EXPECT_FALSE(first->done());
  rig.catalog.release();
  ASSERT_TRUE(rig.run_until([&] { return first->done(); }));
  EXPECT_EQ(first->value->status, PurchaseStatus::bought);
}

TEST(Purchaser, does_not_send_a_purchase_whose_caller_left_before_its_turn) {
  PurchaseRig rig;
  rig.catalog.hold();
  auto first = rig.start_buying("k1");
  ASSERT_TRUE(rig.run_until([&] { return rig.catalog.held() == 1; }));
  auto late = rig.start_buying("k2", milliseconds{30});
  ASSERT_TRUE(rig.run_until([&] { return late->done(); }));
  EXPECT_TRUE(late->threw<DeadlineExceeded>());
  rig.catalog.release();
  ASSERT_TRUE(rig.run_until([&] { return first->done(); }));
  rig.buy("k3");
  EXPECT_FALSE(rig.catalog.knows("k2"));
  EXPECT_THAT(rig.catalog.batch_sizes(), ElementsAre(1, 1));
}

TEST(Purchaser, refuses_a_group_that_finds_no_room_as_a_whole) {
  PurchaseRig rig({.max_outstanding = 3});
  auto [lone, group] = buy_behind(rig, "k0", {"k1", "k2", "k3"});
  ASSERT_TRUE(rig.run_until([&] { return group->done(); }));
  EXPECT_TRUE(group->threw<Overloaded>());
  auto fits = rig.start(rig.purchaser->purchase_each(PurchaseRig::wishes({"k4", "k5"}), rig.soon()));
  rig.catalog.release();
  ASSERT_TRUE(rig.run_until([&] { return lone->done() && fits->done(); }));
  EXPECT_THAT(statuses_of(*fits->value), ElementsAre(PurchaseStatus::bought, PurchaseStatus::bought));
  EXPECT_FALSE(rig.catalog.knows("k1"));
  // What is answered leaves room again.
  EXPECT_EQ(
      rig.await(rig.purchaser->purchase_each(PurchaseRig::wishes({"k6", "k7", "k8"}), rig.soon())).size(),
      3U);
}

TEST(Purchaser, says_that_nothing_was_done_where_the_catalog_has_no_room) {
  PurchaseRig rig;
  rig.catalog.set_busy(true);
  EXPECT_THROW(rig.buy("k1"), Overloaded);
  rig.catalog.set_busy(false);
  EXPECT_FALSE(rig.buy("k1").replayed);
}

TEST(Purchaser, does_not_say_that_nothing_was_done_where_only_the_orders_database_has_no_room) {
  PurchaseRig rig;
  rig.store.full = true;
  EXPECT_THROW(rig.buy("k1"), Unavailable);
  rig.store.full = false;
  EXPECT_TRUE(rig.buy("k1").replayed);
}

TEST(Purchaser, answers_an_empty_group_without_a_call) {
  PurchaseRig rig;
  EXPECT_TRUE(rig.await(rig.purchaser->purchase_each({}, rig.soon())).empty());
  EXPECT_TRUE(rig.catalog.calls().empty());
}

TEST(Purchaser, reports_projected_orders_along_with_the_next_call) {
  PurchaseRig rig;
  const auto first = rig.buy("k1");
  rig.buy("k2");
  const auto calls = rig.catalog.calls();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_TRUE(calls[0].projected.empty());
  EXPECT_THAT(calls[1].projected, ElementsAre(first.order->order_id));
}

TEST(Purchaser, reports_projected_orders_by_themselves_when_it_is_quiet) {
  PurchaseRig rig({.report_after = milliseconds{10}});
  rig.buy("k1");
  EXPECT_TRUE(rig.run_until([&] { return rig.catalog.unprojected().empty(); }));
  const auto calls = rig.catalog.calls();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_TRUE(calls[1].keys.empty());
}

TEST(Purchaser, reports_again_what_a_failed_call_should_have_reported) {
  PurchaseRig rig({.batch_deadline = milliseconds{200}, .report_after = milliseconds{10}});
  rig.store.hold();
  auto first = rig.start_buying("k1");
  ASSERT_TRUE(rig.run_until([&] { return rig.store.held() == 1; }));
  rig.catalog.set_down(true);
  rig.store.release();
  ASSERT_TRUE(rig.run_until([&] { return first->done(); }));
  EXPECT_THROW(rig.buy("k2"), Outage);
  EXPECT_EQ(rig.catalog.unprojected().size(), 1U);
  rig.catalog.set_down(false);
  EXPECT_TRUE(rig.run_until([&] { return rig.catalog.unprojected().empty(); }));
}

}  // namespace
}  // namespace bazar::orders
