#include "catalog/membership/membership.hpp"

#include <gmock/gmock.h>

#include "catalog/testing/service_fixture.hpp"

namespace bazar::catalog {
namespace {

constexpr milliseconds short_interval{10};
constexpr milliseconds patience{20'000};
const SystemClock system_clock;

/// A server that keeps itself registered, on the test's thread.
struct Joiner {
  explicit Joiner(const std::string& catalog_url) {
    upstream.set_replicas({{"catalog-1", catalog_url}});
    membership = std::make_unique<Membership>(
        loop, client, Member{Role::orders, "orders-1", "http://127.0.0.1:8201", "", {}, MemberState::live},
        short_interval,
        Membership::Events{
            .registering = [this](const Member& self) { incarnations.push_back(self.incarnation); },
            .granted =
                [this](const Member& self, const Grant& grant, SteadyTime) {
                  granted.push_back(self.incarnation);
                  lease_ms = grant.lease_ms;
                },
            .members = [this](const std::vector<Member>& all) { members = all, ++rounds; }},
        system_clock);
  }

  /// Runs the loop until `condition` holds.
  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    while (!condition() && loop.run_one() > 0) {
    }
    ASSERT_TRUE(condition());
  }

  Loop loop{1};
  observe::Metrics metrics;
  http::Client http{loop, {}};
  balancer::Upstream upstream{loop, http, {.service = "catalog"}, metrics, system_clock};
  Client client{upstream};
  std::vector<std::string> incarnations;
  std::vector<std::string> granted;
  std::vector<Member> members;
  std::int64_t lease_ms = 0;
  int rounds = 0;
  std::unique_ptr<Membership> membership;
};

class MembershipOf : public RunningCatalog {
 protected:
  Joiner joiner_{service_.url()};

  std::string state_of_orders_1() {
    const auto body = json_of(get("/members"));
    for (const auto& member : body.at("members").as_array()) {
      if (member.at("name") == "orders-1") return std::string(member.at("state").as_string());
    }
    return "none";
  }
};

TEST_F(MembershipOf, a_server_registers_once_and_renews_from_then_on) {
  EXPECT_FALSE(joiner_.membership->registered());
  joiner_.membership->start();
  joiner_.run_until([&] { return joiner_.rounds >= 4; });
  EXPECT_TRUE(joiner_.membership->registered());
  EXPECT_EQ(joiner_.incarnations.size(), 1U);
  EXPECT_GE(joiner_.granted.size(), 4U);
  EXPECT_EQ(joiner_.lease_ms, 2'000);
  EXPECT_TRUE(std::ranges::any_of(joiner_.members, [](const Member& m) { return m.name == "orders-1"; }));
}

TEST_F(MembershipOf, one_who_is_refused_registers_anew_under_a_fresh_incarnation) {
  joiner_.membership->start();
  joiner_.run_until([&] { return joiner_.rounds >= 1; });
  ASSERT_EQ(del("/members/orders/orders-1?incarnation=" + joiner_.incarnations.back()).status, 204U);
  joiner_.run_until([&] {
    return joiner_.incarnations.size() >= 2 && joiner_.granted.back() == joiner_.incarnations.back();
  });
  EXPECT_NE(joiner_.incarnations[0], joiner_.incarnations[1]);
  EXPECT_EQ(state_of_orders_1(), "live");
}

TEST_F(MembershipOf, an_outage_of_the_catalog_is_survived) {
  joiner_.membership->start();
  joiner_.run_until([&] { return joiner_.rounds >= 1; });
  auto restarted = options(folder_.path());
  restarted.port = http::parse_endpoint(service_.url())->port;
  service_.stop();
  // Long enough for failed rounds; what follows holds also if there were none.
  joiner_.loop.restart();
  joiner_.loop.run_for(milliseconds(100));
  Service again(restarted);
  again.start();
  const int before = joiner_.rounds;
  joiner_.run_until([&] { return joiner_.rounds >= before + 2; });
  EXPECT_TRUE(joiner_.membership->registered());
}

TEST_F(MembershipOf, leaving_takes_the_member_off_the_list) {
  joiner_.membership->start();
  joiner_.run_until([&] { return joiner_.rounds >= 1; });
  run_on(joiner_.loop, joiner_.membership->leave(patience));
  EXPECT_FALSE(joiner_.membership->registered());
  EXPECT_NE(state_of_orders_1(), "live");
  run_on(joiner_.loop, joiner_.membership->leave(patience));
}

TEST_F(MembershipOf, leaving_in_the_middle_of_a_registration_leaves_no_ghost_behind) {
  joiner_.membership->start();
  joiner_.run_until([&] { return !joiner_.incarnations.empty(); });  // the request is on its way
  run_on(joiner_.loop, joiner_.membership->leave(patience));
  EXPECT_NE(state_of_orders_1(), "live");
  EXPECT_EQ(joiner_.rounds, 0);
}

TEST_F(MembershipOf, leaving_before_the_start_is_nothing) {
  run_on(joiner_.loop, joiner_.membership->leave(patience));
  EXPECT_EQ(state_of_orders_1(), "none");
}

TEST_F(MembershipOf, destruction_in_the_middle_of_a_round_calls_nobody_back) {
  joiner_.membership->start();
  joiner_.run_until([&] { return !joiner_.incarnations.empty(); });
  joiner_.membership.reset();
  joiner_.loop.restart();
  joiner_.loop.run_for(milliseconds(50));
  EXPECT_TRUE(joiner_.granted.empty());
  EXPECT_EQ(joiner_.rounds, 0);
}

/// Answers registrations as told, in order; the last answer for good.
class ScriptedRegistrations {
 public:
  explicit ScriptedRegistrations(std::vector<http::Response> answers) : answers_(std::move(answers)) {}
  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<std::string> incarnations() {
    const std::lock_guard hold(mutex_);
    return incarnations_;
  }

 private:
  Task<http::Response> answer(const http::Request& request) {
    const std::lock_guard hold(mutex_);
    incarnations_.emplace_back(boost::json::parse(request.body).at("incarnation").as_string());
    co_return answers_[std::min(incarnations_.size(), answers_.size()) - 1];
  }

  std::mutex mutex_;
  std::vector<http::Response> answers_;
  std::vector<std::string> incarnations_;
  OneRouteServer server_{http::Method::put, "/members/{role}/{name}",
                         [this](http::Request& request) { return answer(request); }};
};

const http::Response no_answer = http::json_response(503, "{}");
const http::Response not_live = http::json_response(409, "{}");
const http::Response a_grant = http::json_response(200, R"({"epoch":"E","revision":1,"lease_ms":2000})");

TEST(MembershipAlone, a_registration_without_an_answer_is_sent_again_under_the_same_incarnation) {
  // More often than one call is tried again by itself.
  constexpr std::size_t outages = 20;
  std::vector answers(outages, no_answer);
  answers.push_back(a_grant);
  ScriptedRegistrations catalog(std::move(answers));
  Joiner joiner(catalog.url());
  joiner.membership->start();
  joiner.run_until([&] { return !joiner.granted.empty(); });
  EXPECT_EQ(joiner.incarnations.size(), 1U);
  EXPECT_EQ(catalog.incarnations(), std::vector(outages + 1, joiner.incarnations.front()));
  EXPECT_TRUE(joiner.membership->registered());
}

TEST(MembershipAlone, an_incarnation_that_was_revoked_before_its_answer_is_given_up) {
  ScriptedRegistrations catalog({no_answer, not_live, a_grant});
  Joiner joiner(catalog.url());
  joiner.membership->start();
  joiner.run_until([&] { return !joiner.granted.empty(); });
  ASSERT_EQ(joiner.incarnations.size(), 2U);
  EXPECT_EQ(catalog.incarnations(),
            (std::vector{joiner.incarnations[0], joiner.incarnations[0], joiner.incarnations[1]}));
  EXPECT_EQ(joiner.granted, std::vector{joiner.incarnations[1]});
}

TEST(MembershipAlone, leaving_a_catalog_that_is_not_there_ends_within_the_patience) {
  Joiner joiner(dead_url());
  joiner.membership->start();
  joiner.run_until([&] { return !joiner.incarnations.empty(); });
  run_on(joiner.loop, joiner.membership->leave(milliseconds(50)));
  EXPECT_FALSE(joiner.membership->registered());
}

TEST(MembershipAlone, the_loop_may_go_while_it_is_suspended) {
  Joiner joiner(dead_url());
  joiner.membership->start();
  joiner.run_until([&] { return !joiner.incarnations.empty(); });
}

TEST(ReplicasOf, are_the_live_members_of_that_role_in_order_of_name) {
  const auto member = [](Role role, std::string name, MemberState state) {
    return Member{role, name, "http://" + name, "", "i", state};
  };
  const std::vector members{member(Role::catalog, "catalog-2", MemberState::live),
                            member(Role::orders, "orders-1", MemberState::live),
                            member(Role::catalog, "catalog-3", MemberState::gone),
                            member(Role::catalog, "catalog-1", MemberState::live)};
  EXPECT_EQ(
      replicas_of(Role::catalog, members),
      (std::vector<balancer::Replica>{{"catalog-1", "http://catalog-1"}, {"catalog-2", "http://catalog-2"}}));
  EXPECT_TRUE(replicas_of(Role::frontend, members).empty());
}

}  // namespace
}  // namespace bazar::catalog
