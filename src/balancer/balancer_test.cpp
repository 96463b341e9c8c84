#include "balancer/balancer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bazar::balancer {
namespace {

using std::chrono_literals::operator""ms;
using testing::ElementsAre;
using testing::IsEmpty;

class BalancerTest : public testing::Test {
 protected:
  static Replica replica(std::string name) { return {name, "http://" + name}; }

  void use(std::initializer_list<const char*> names) {
    std::vector<Replica> replicas;
    for (const char* name : names) replicas.push_back(replica(name));
    balancer.set_replicas(std::move(replicas));
  }

  std::string pick(const std::vector<std::string>& tried = {}) {
    const auto picked = balancer.pick(clock.now(), tried);
    return picked ? picked->name : "none";
  }
  std::vector<std::string> picks(std::size_t count) {
    std::vector<std::string> names;
    while (names.size() < count) names.push_back(pick());
    return names;
  }
  std::vector<std::string> due() {
    std::vector<std::string> names;
    for (const Replica& each : balancer.due_for_probe(clock.now())) names.push_back(each.name);
    return names;
  }
  void eject(const char* name) {
    EXPECT_FALSE(balancer.failed(name, clock.now()));
    EXPECT_TRUE(balancer.failed(name, clock.now()));
  }

  ManualClock clock;
  Balancer balancer;
};

TEST_F(BalancerTest, knows_nobody_at_first) {
  EXPECT_EQ(pick(), "none");
  EXPECT_EQ(balancer.healthy(clock.now()), 0U);
  EXPECT_FALSE(balancer.failed("a", clock.now()));
  balancer.succeeded("a");
  balancer.probe_succeeded("a");
  balancer.probe_failed("a", clock.now());
}

TEST_F(BalancerTest, gives_every_replica_its_turn) {
  use({"a", "b", "c"});
  EXPECT_THAT(picks(6), ElementsAre("a", "b", "c", "a", "b", "c"));
}

TEST_F(BalancerTest, asks_the_first_by_name_again_and_again_where_it_is_told_so) {
  balancer = Balancer({.equals = Among::first});
  use({"b", "a", "c"});
  EXPECT_THAT(picks(3), ElementsAre("a", "a", "a"));
  balancer.began("a");
  EXPECT_THAT(picks(2), ElementsAre("b", "b")) << "it may be frozen: what it has not got goes elsewhere";
  balancer.ended("a");
  EXPECT_EQ(pick(), "a");
  eject("a");
  EXPECT_EQ(pick(), "b");
}

TEST_F(BalancerTest, asks_the_first_by_name_again_when_a_probe_succeeds_and_not_before) {
  balancer = Balancer({.equals = Among::first});
  use({"a", "b"});
  eject("a");
  balancer.began("b");
  for (const milliseconds wait : {500ms, 1'000ms, 2'000ms, 2'000ms}) {
    EXPECT_THAT(picks(2), ElementsAre("b", "b")) << wait.count();
    clock.advance(wait);
    EXPECT_THAT(due(), ElementsAre("a")) << wait.count();
    balancer.probe_failed("a", clock.now());
  }
  EXPECT_EQ(pick(), "b");
  clock.advance(2'000ms);
  balancer.probe_succeeded("a");
  EXPECT_EQ(pick(), "a");
}

TEST_F(BalancerTest, passes_over_a_replica_that_has_more_under_way_than_another) {
  use({"a", "b", "c"});
  balancer.began("a");
  EXPECT_THAT(picks(4), ElementsAre("b", "c", "b", "c"));
  balancer.began("b");
  balancer.began("c");
  balancer.began("c");
  EXPECT_THAT(picks(4), ElementsAre("a", "b", "a", "b"));
  EXPECT_EQ(pick({"a", "b"}), "c");
  balancer.ended("c");
  balancer.ended("c");
  EXPECT_THAT(picks(2), ElementsAre("c", "c"));
}

TEST_F(BalancerTest, survives_the_end_of_what_began_with_another_of_the_name) {
  use({"a", "b"});
  balancer.began("a");
  use({"b"});
  balancer.ended("a");
  use({"a", "b"});
  balancer.ended("a");
  balancer.began("a");
  EXPECT_THAT(picks(2), ElementsAre("b", "b"));
}

TEST_F(BalancerTest, shares_evenly_among_those_left_when_one_is_ejected) {
  use({"a", "b", "c"});
  eject("a");
  EXPECT_THAT(picks(6), ElementsAre("b", "c", "b", "c", "b", "c"));
  EXPECT_EQ(balancer.healthy(clock.now()), 2U);
}

TEST_F(BalancerTest, passes_over_those_that_a_request_has_tried) {
  use({"a", "b", "c"});
  EXPECT_EQ(pick({"a", "b"}), "c");
  EXPECT_EQ(pick({"a", "b", "c"}), "none");
}

TEST_F(BalancerTest, ejects_only_after_consecutive_failures) {
  use({"a", "b"});
  EXPECT_FALSE(balancer.failed("a", clock.now()));
  balancer.succeeded("a");
  EXPECT_FALSE(balancer.failed("a", clock.now()));
  EXPECT_EQ(balancer.healthy(clock.now()), 2U);
  EXPECT_TRUE(balancer.failed("a", clock.now()));
  EXPECT_EQ(balancer.healthy(clock.now()), 1U);
}

TEST_F(BalancerTest, keeps_an_ejected_replica_out_until_it_answers) {
  use({"a", "b"});
  eject("a");
  EXPECT_THAT(due(), IsEmpty());
  clock.advance(499ms);
  EXPECT_THAT(due(), IsEmpty());
  clock.advance(1ms);
  EXPECT_THAT(due(), ElementsAre("a"));
  EXPECT_THAT(picks(2), ElementsAre("b", "b"));
  balancer.probe_succeeded("a");
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_EQ(balancer.healthy(clock.now()), 2U);
}

TEST_F(BalancerTest, doubles_the_ejection_with_each_failed_probe_up_to_the_cap) {
  use({"a", "b"});
  eject("a");
  for (const milliseconds wait : {500ms, 1'000ms, 2'000ms, 2'000ms, 2'000ms}) {
    clock.advance(wait - 1ms);
    EXPECT_THAT(due(), IsEmpty()) << wait.count();
    clock.advance(1ms);
    EXPECT_THAT(due(), ElementsAre("a")) << wait.count();
    balancer.probe_failed("a", clock.now());
  }
}

TEST_F(BalancerTest, ignores_failures_of_requests_that_were_under_way_at_the_ejection) {
  use({"a", "b"});
  eject("a");
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(balancer.failed("a", clock.now()));
  clock.advance(500ms);
  EXPECT_THAT(due(), ElementsAre("a"));
}

TEST_F(BalancerTest, ejects_one_on_probation_at_its_first_failure_and_for_longer) {
  use({"a", "b"});
  eject("a");
  clock.advance(500ms);
  balancer.probe_succeeded("a");
  EXPECT_TRUE(balancer.failed("a", clock.now()));
  clock.advance(999ms);
  EXPECT_THAT(due(), IsEmpty());
  clock.advance(1ms);
  EXPECT_THAT(due(), ElementsAre("a"));
}

TEST_F(BalancerTest, forgives_everything_when_a_request_succeeds) {
  use({"a", "b"});
  eject("a");
  clock.advance(500ms);
  balancer.probe_failed("a", clock.now());
  balancer.succeeded("a");
  EXPECT_EQ(balancer.healthy(clock.now()), 2U);
  eject("a");
  clock.advance(500ms);
  EXPECT_THAT(due(), ElementsAre("a"));
}

TEST_F(BalancerTest, tries_everyone_when_nobody_is_healthy) {
  use({"a", "b"});
  eject("a");
  eject("b");
  EXPECT_EQ(balancer.healthy(clock.now()), 0U);
  EXPECT_THAT(picks(4), ElementsAre("a", "b", "a", "b"));
  EXPECT_EQ(pick({"a"}), "b");
}

TEST_F(BalancerTest, does_not_turn_to_ejected_replicas_while_one_is_healthy) {
  use({"a", "b"});
  eject("a");
  EXPECT_EQ(pick({"b"}), "none");
}

TEST_F(BalancerTest, panics_below_the_share_that_it_is_told) {
  balancer = Balancer({.panic_below = 0.5});
  use({"a", "b", "c", "d"});
  eject("a");
  eject("b");
  EXPECT_THAT(picks(4), ElementsAre("c", "d", "c", "d"));
  eject("c");
  EXPECT_THAT(picks(4), ElementsAre("a", "b", "c", "d"));
}

TEST_F(BalancerTest, tries_again_on_its_own_where_nobody_probes) {
  use({"a", "b"});
  eject("a");
  clock.advance(2'499ms);
  EXPECT_THAT(picks(2), ElementsAre("b", "b"));
  clock.advance(1ms);
  EXPECT_THAT(picks(2), ElementsAre("a", "b"));
  EXPECT_TRUE(balancer.failed("a", clock.now()));
  EXPECT_THAT(picks(2), ElementsAre("b", "b"));
}

TEST_F(BalancerTest, keeps_state_and_turn_of_replicas_that_stay) {
  use({"a", "b", "c"});
  EXPECT_EQ(pick(), "a");
  eject("c");
  use({"c", "d", "a", "b"});
  EXPECT_THAT(picks(4), ElementsAre("b", "d", "a", "b"));
  EXPECT_EQ(balancer.healthy(clock.now()), 3U);
  use({"d"});
  EXPECT_THAT(picks(2), ElementsAre("d", "d"));
  use({"c"});
  EXPECT_EQ(balancer.healthy(clock.now()), 1U) << "it left and came back: a new one";
}

TEST_F(BalancerTest, takes_a_replica_at_another_address_for_a_new_one) {
  use({"a", "b"});
  eject("a");
  balancer.set_replicas({{"a", "http://elsewhere"}, replica("b")});
  EXPECT_EQ(balancer.healthy(clock.now()), 2U);
}

TEST_F(BalancerTest, counts_a_name_once) {
  balancer.set_replicas({replica("a"), {"a", "http://other"}, replica("b")});
  EXPECT_THAT(balancer.replicas(), ElementsAre(replica("a"), replica("b")));
}

}  // namespace
}  // namespace bazar::balancer
