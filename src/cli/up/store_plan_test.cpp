#include "cli/up/store_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/task.hpp"
#include "cli/failure.hpp"
#include "cli/up/ports.hpp"

namespace bazar::cli {
namespace {

using asio::ip::tcp;
using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;

StoreOptions options() {
  StoreOptions options;
  options.database = "sqlite:/somewhere";
  return options;
}
StorePorts ports() { return {.frontends = {8080}, .catalogs = {8101, 8102}, .orders = {8201, 8202}}; }

TEST(StorePlan, names_every_process_by_role_and_number_catalogs_first) {
  std::vector<std::string> names;
  for (const auto& child : plan_store(options(), ports(), "service", "shopkeeper"))
    names.push_back(child.name + " " + child.url);
  EXPECT_THAT(names,
              testing::ElementsAre("catalog-1 http://127.0.0.1:8101", "catalog-2 http://127.0.0.1:8102",
                                   "orders-1 http://127.0.0.1:8201", "orders-2 http://127.0.0.1:8202",
                                   "frontend-1 http://127.0.0.1:8080"));
}

TEST(StorePlan, hands_down_what_was_asked_for) {
  auto asked = options();
  asked.host = "0.0.0.0";
  asked.frontend.cache_entries = 5;
  asked.frontend.rate_limit = 7;
  asked.on_write = "invalidate";
  const auto children = plan_store(asked, ports(), "service", "shopkeeper");
  EXPECT_THAT(children.front().arguments, Contains("--demo-books"));
  EXPECT_THAT(children.front().arguments,
              IsSupersetOf({"127.0.0.1", "sqlite:/somewhere", "service", "invalidate"}));
  EXPECT_THAT(children.back().arguments,
              IsSupersetOf({"0.0.0.0", "http://127.0.0.1:8080", "lru://?entries=5", "7", "shopkeeper"}));
  asked.demo_books = false;
  EXPECT_THAT(plan_store(asked, ports(), "service", "shopkeeper").front().arguments,
              Not(Contains("--demo-books")));
}

TEST(StorePlan, takes_only_free_ports_and_none_twice_when_asked_for_any) {
  auto asked = options();
  asked.port = 0;
  asked.frontends = 3;
  const auto chosen = choose_ports(asked);
  std::set<std::uint16_t> all(chosen.frontends.begin(), chosen.frontends.end());
  all.insert(chosen.catalogs.begin(), chosen.catalogs.end());
  all.insert(chosen.orders.begin(), chosen.orders.end());
  EXPECT_EQ(all.size(), 7U);
  EXPECT_FALSE(all.contains(0));
}

TEST(StorePlan, refuses_a_public_port_that_is_taken) {
  Loop loop;
  const Acceptor listener(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  auto asked = options();
  asked.port = listener.local_endpoint().port();
  EXPECT_THROW((void)choose_ports(asked), Failure);
}

TEST(StorePlan, lets_a_private_tier_move_away_from_a_taken_port) {
  Loop loop;
  Acceptor listener(loop, tcp::v4());
  boost::system::error_code error;
  listener.set_option(tcp::acceptor::reuse_address(true));
  // Where something else has it already, it is as taken as it needs to be.
  listener.bind({asio::ip::address_v4::loopback(), 8101}, error);
  if (!error) listener.listen();
  auto asked = options();
  asked.port = any_free_port("127.0.0.1");
  const auto chosen = choose_ports(asked);
  EXPECT_THAT(chosen.catalogs, Not(Contains(8101)));
  EXPECT_EQ(chosen.catalogs.size(), 2U);
}

TEST(StorePlan, refuses_front_ends_beyond_the_last_port) {
  auto asked = options();
  asked.port = 65'535;
  asked.frontends = 2;
  EXPECT_THROW((void)choose_ports(asked), UsageError);
}

TEST(StorePlan, shows_people_an_address_that_they_can_type) {
  auto asked = options();
  EXPECT_EQ(public_url(asked, ports()), "http://localhost:8080");
  asked.host = "0.0.0.0";
  EXPECT_EQ(public_url(asked, ports()), "http://localhost:8080");
  asked.host = "10.0.0.1";
  EXPECT_EQ(public_url(asked, ports()), "http://10.0.0.1:8080");
}

}  // namespace
}  // namespace bazar::cli
