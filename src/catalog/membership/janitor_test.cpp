#include "catalog/membership/janitor.hpp"

#include "catalog/sqlite/sqlite_store.hpp"
#include "catalog/testing/service_fixture.hpp"

namespace bazar::catalog {
namespace {

const Member orders_1{Role::orders, "orders-1", "http://127.0.0.1:1", "", "one", MemberState::live};

TEST(Deathwatch, one_that_fails_for_the_whole_time_is_dead) {
  Deathwatch watch(milliseconds(10'000));
  const SteadyTime start{std::chrono::hours(1)};
  EXPECT_FALSE(watch.probed(orders_1, false, start));
  EXPECT_FALSE(watch.probed(orders_1, false, start + milliseconds(9'999)));
  EXPECT_TRUE(watch.probed(orders_1, false, start + milliseconds(10'000)));
}

TEST(Deathwatch, one_good_answer_starts_the_time_anew) {
  Deathwatch watch(milliseconds(10'000));
  const SteadyTime start{std::chrono::hours(1)};
  EXPECT_FALSE(watch.probed(orders_1, false, start));
  EXPECT_FALSE(watch.probed(orders_1, true, start + milliseconds(9'000)));
  EXPECT_FALSE(watch.probed(orders_1, false, start + milliseconds(10'000)));
  EXPECT_FALSE(watch.probed(orders_1, false, start + milliseconds(19'999)));
  EXPECT_TRUE(watch.probed(orders_1, false, start + milliseconds(20'000)));
}

TEST(Deathwatch, a_new_incarnation_owes_nothing_to_the_former_one) {
  Deathwatch watch(milliseconds(10'000));
  const SteadyTime start{std::chrono::hours(1)};
  EXPECT_FALSE(watch.probed(orders_1, false, start));
  Member restarted = orders_1;
  restarted.incarnation = "two";
  EXPECT_FALSE(watch.probed(restarted, false, start + milliseconds(20'000)));
  watch.keep_only({restarted});
  EXPECT_EQ(watch.watched(), 1U);
  watch.keep_only({});
  EXPECT_EQ(watch.watched(), 0U);
}

TEST(Janitor, retires_the_dead_and_leaves_the_living_and_the_front_ends) {
  const TemporaryFolder folder;
  const SystemClock clock;
  observe::Metrics metrics;
  ApprovingInvalidator invalidator;
  OneRouteServer alive(http::Method::get, "/healthz", [](http::Request&) {
    return []() -> Task<http::Response> { co_return http::text_response(200, "ok"); }();
  });
  Loop loop{1};
  SqliteStore store({.directory = folder.path()}, invalidator, clock, metrics);
  const auto enroll = [&](Role role, std::string name, std::string url) {
    run_on(loop, store.enroll({role, std::move(name), url, url, "one", MemberState::live}));
  };
  enroll(Role::orders, "dead", dead_url());
  enroll(Role::orders, "alive", alive.url());
  enroll(Role::catalog, "self", dead_url());
  enroll(Role::frontend, "frontend-1", dead_url());

  Janitor janitor(loop, store, {.self = "self", .interval = milliseconds(5), .patience = milliseconds(0)},
                  clock);
  janitor.start();
  const auto live = [&] {
    std::vector<std::string> names;
    for (const auto& member : run_on(loop, store.members())) {
      if (member.state == MemberState::live) names.push_back(member.name);
    }
    std::ranges::sort(names);
    return names;
  };
  while (std::ranges::count(live(), "dead") > 0) {
  }
  EXPECT_EQ(live(), (std::vector<std::string>{"alive", "frontend-1", "self"}));
  janitor.stop();
}

}  // namespace
}  // namespace bazar::catalog
