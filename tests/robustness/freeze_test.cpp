// Servers are stopped for a while and go on as if nothing had been.

#include <boost/json.hpp>
#include <future>

#include "tests/robustness/fault_test.hpp"

namespace bazar::robustness {
namespace {

constexpr std::array leases_frozen{0.1, 0.5, 1.0, 1.5, 3.0};

class Freeze : public FaultTest {
 protected:
  void freeze_for(const std::string& name, double leases) {
    store().process(name).freeze();
    pause(std::chrono::duration_cast<milliseconds>(lease() * leases));
    store().process(name).thaw();
    expect_recovery(name + " was frozen for " + std::to_string(leases).substr(0, 3) + " leases");
  }
};

TEST_F(Freeze, of_front_ends_for_a_tenth_to_three_leases) {
  start_store();
  start_load();
  for (const double leases : leases_frozen) freeze_for(any_of(store().names("frontend")), leases);
}

TEST_F(Freeze, of_order_services_for_a_tenth_to_three_leases) {
  start_store();
  start_load();
  for (const double leases : {0.5, 1.5}) freeze_for(any_of(store().names("orders")), leases);
}

/// Stopped where it hurts: the front-ends have approved, the writers' lock is held, nothing is committed.
TEST_F(Freeze, of_a_catalog_in_the_middle_of_a_write_for_a_tenth_to_three_leases) {
  const harness::FailpointFile hold(folder() / "hold");
  start_store({.failpoints = {{"catalog-1", hold.arm("catalog.before_commit", "hold")}}});
  start_load();
  for (const double leases : leases_frozen) {
    hold.set();
    hold.wait_until_held();
    store().process("catalog-1").freeze();
    hold.let_go();
    pause(std::chrono::duration_cast<milliseconds>(lease() * leases));
    store().process("catalog-1").thaw();
    expect_recovery("a catalog was frozen in mid-write for " + std::to_string(leases).substr(0, 3) +
                    " leases");
  }
}

TEST_F(Freeze, of_a_writing_catalog_that_is_killed_then_hands_the_writers_lock_to_the_other) {
  const harness::FailpointFile hold(folder() / "hold");
  start_store({.failpoints = {{"catalog-1", hold.arm("catalog.before_commit", "hold")}}});
  start_load();
  hold.set();
  hold.wait_until_held();
  store().process("catalog-1").freeze();
  pause(lease() / 2);
  store().kill("catalog-1");
  expect_recovery("a catalog was killed while frozen in mid-write");
  hold.let_go();
  store().start("catalog-1");
  expect_recovery("it was started again");
}

/// The classic hole of leases: a request waits in the socket of a front-end that does not run, a write goes
/// through meanwhile, and when the front-end runs again its cache is still warm. The invalidation may wait
/// beside the request, or may never have come: then only the lease tells.
TEST_F(Freeze, of_a_front_end_with_a_request_waiting_in_its_socket_does_not_answer_it_from_the_cache) {
  start_store({.frontends = 2});
  constexpr std::int64_t book = 4;
  for (std::int64_t price = 1; price <= (full_run() ? 20 : 4); ++price) {
    warm_up("frontend-1", book);
    store().process("frontend-1").freeze();
    if (price % 2 == 0) store().gate("frontend-1").half_open();
    auto before = std::async(std::launch::async, [&] { return look_up("frontend-1", book); });
    set_price("frontend-2", book, price);
    auto after = std::async(std::launch::async, [&] { return look_up("frontend-1", book); });
    // Both are in its sockets by now, or come when it runs: either way the second must see the new price.
    pause(milliseconds{50});
    store().process("frontend-1").thaw();
    EXPECT_EQ(price_in(after.get()), price) << "asked after the write was acknowledged";
    EXPECT_EQ(before.get().status, 200U);
    store().heal();
    expect_recovery("the front-end woke up");
  }
}

}  // namespace
}  // namespace bazar::robustness
