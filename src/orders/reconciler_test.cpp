#include "orders/reconciler.hpp"

#include "orders/testing/purchase_rig.hpp"

namespace bazar::orders {
namespace {

using testing::PurchaseRig;

/// Sells, but the order does not reach the store.
Order sell_without_projection(PurchaseRig& rig, const std::string& key) {
  rig.store.fails = true;
  EXPECT_THROW(rig.buy(key), Unavailable);
  rig.store.fails = false;
  const auto sales = rig.catalog.unprojected();
  return to_order(*std::ranges::find(sales, key, &catalog::Sale::key));
}

TEST(Reconciler, inserts_the_orders_of_unprojected_sales_and_reports_them) {
  PurchaseRig rig;
  Reconciler reconciler(rig.loop, rig.client(), rig.store, rig.clock, rig.metrics);
  const Order lost = sell_without_projection(rig, "k1");
  EXPECT_EQ(rig.await(reconciler.run_once()), 1U);
  EXPECT_EQ(rig.store.orders.at(lost.order_id), lost);
  EXPECT_TRUE(rig.catalog.unprojected().empty());
  EXPECT_EQ(rig.await(reconciler.run_once()), 0U);
}

TEST(Reconciler, reports_nothing_that_it_could_not_insert) {
  PurchaseRig rig;
  Reconciler reconciler(rig.loop, rig.client(), rig.store, rig.clock, rig.metrics);
  sell_without_projection(rig, "k1");
  rig.store.fails = true;
  EXPECT_THROW(rig.await(reconciler.run_once()), Unavailable);
  EXPECT_EQ(rig.catalog.unprojected().size(), 1U);
}

TEST(Reconciler, works_beside_another_one_on_the_same_sales) {
  PurchaseRig rig;
  Reconciler one(rig.loop, rig.client(), rig.store, rig.clock, rig.metrics);
  Reconciler two(rig.loop, rig.client(), rig.store, rig.clock, rig.metrics);
  sell_without_projection(rig, "k1");
  auto first = rig.start(one.run_once());
  auto second = rig.start(two.run_once());
  ASSERT_TRUE(rig.run_until([&] { return first->done() && second->done(); }));
  EXPECT_EQ(rig.store.orders.size(), 1U);
  EXPECT_TRUE(rig.catalog.unprojected().empty());
}

TEST(Reconciler, goes_on_by_itself_after_an_outage) {
  PurchaseRig rig;
  Reconciler reconciler(rig.loop, rig.client(), rig.store, rig.clock, rig.metrics,
                        {.interval = milliseconds{5}, .idle_interval = milliseconds{5}, .page = 2});
  for (const auto* key : {"k1", "k2", "k3", "k4", "k5"}) sell_without_projection(rig, key);
  rig.store.fails = true;
  reconciler.start();
  const std::size_t inserts = rig.store.inserts;
  rig.run_until([&, rounds = 0]() mutable { return ++rounds > 20; });
  EXPECT_EQ(rig.store.inserts, inserts);
  rig.store.fails = false;
  EXPECT_TRUE(rig.run_until([&] { return rig.store.orders.size() == 5; }));
  EXPECT_TRUE(rig.run_until([&] { return rig.catalog.unprojected().empty(); }));
}

}  // namespace
}  // namespace bazar::orders
