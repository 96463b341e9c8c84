// Servers of every kind are killed and started again under their names.

#include <algorithm>

#include "tests/robustness/fault_test.hpp"

namespace bazar::robustness {
namespace {

class Kill : public FaultTest {
 protected:
  void wait_until_one_is_dead(const std::vector<std::string>& names) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::ranges::all_of(names, [&](const auto& name) { return store().process(name).running(); })) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "nobody came by the failpoint";
      pause(milliseconds{2});
    }
  }
};

TEST_F(Kill, of_each_kind_of_server_in_turn_is_recovered_from) {
  start_store();
  start_load();
  for (int round = 0; round < (full_run() ? 20 : 2); ++round) {
    for (const char* role : {"frontend", "catalog", "orders"}) {
      const std::string victim = any_of(store().names(role));
      pause(milliseconds{random_up_to(300)});
      store().kill(victim);
      pause(milliseconds{random_up_to(1'000)});
      store().start(victim);
      expect_recovery("the kill and restart of " + victim);
    }
  }
}

TEST_F(Kill, of_a_server_that_stays_away_is_recovered_from_by_the_others) {
  start_store();
  start_load();
  for (const char* role : {"catalog", "orders"}) {
    const std::string victim = any_of(store().names(role));
    store().kill(victim);
    expect_recovery("the death of " + victim);
    store().start(victim);
  }
}

TEST_F(Kill, of_a_catalog_between_approval_and_commit_or_after_it_leaves_no_stale_answer) {
  const harness::FailpointFile now(folder() / "now");
  start_store({.failpoints = {{"catalog-1", now.arm("catalog.before_commit", "crash")},
                              {"catalog-2", now.arm("catalog.after_commit", "crash")}}});
  start_load();
  for (int round = 0; round < (full_run() ? 20 : 3); ++round) {
    pause(milliseconds{random_up_to(300)});
    now.set();
    wait_until_one_is_dead(store().names("catalog"));
    now.let_go();
    for (const auto& name : store().names("catalog")) {
      if (!store().process(name).running()) store().start(name);
    }
    expect_recovery("a catalog's death in the middle of a write");
  }
}

TEST_F(Kill, of_one_front_end_again_and_again_in_quick_succession_during_writes) {
  start_store();
  start_load();
  for (int round = 0; round < (full_run() ? 100 : 12); ++round) {
    store().restart("frontend-1");
    pause(milliseconds{random_up_to(400)});
  }
  expect_recovery("the last of many restarts under one name");
}

}  // namespace
}  // namespace bazar::robustness
