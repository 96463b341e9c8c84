// More purchases than the way to the order services takes: what is not served is refused, quickly and in so
// many words, what is served stays as much as before, and when the load goes nothing of it is left.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/temporary_folder.hpp"
#include "load/run.hpp"
#include "tests/harness/cluster.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar {
namespace {

constexpr milliseconds patience{30'000};
/// Of the links to the order services, each: some 600 purchases a second, which every machine serves.
constexpr std::size_t bytes_per_second = 100'000;
constexpr double overload = 4;
/// Fewer wait for each other than is ever shed.
constexpr std::size_t few_shoppers = 80;
constexpr std::size_t many_shoppers = 1'500;

SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

http::ClientRequest purchase() {
  return {.method = http::Method::post, .target = "/purchase/2", .body = R"({"name":"Hiba"})"};
}

/// Someone who is not part of the load.
struct Bystander {
  int looks = 0;
  int not_ready = 0;
  int refused = 0;
  int refused_without_advice = 0;
};

Task<> look_around(Loop& loop, http::Endpoint store, const std::atomic<bool>& done, Bystander& seen) {
  http::Client client(loop, {});
  Timer pause(loop.get_executor());
  while (!done) {
    const auto ready = co_await client.send(store, {.target = "/readyz"}, in(patience));
    const auto bought = co_await client.send(store, purchase(), in(patience));
    ++seen.looks;
    if (ready.status != 200) ++seen.not_ready;
    if (bought.status == 503) ++seen.refused;
    if (bought.status == 503 && !bought.header("Retry-After")) ++seen.refused_without_advice;
    pause.expires_after(milliseconds(20));
    co_await pause.async_wait(use_task);
  }
}

class OverloadTest : public ::testing::Test {
 protected:
  OverloadTest() {
    harness::run([this](Loop& loop) { return open_shop(loop); });
    for (const auto& name : store_.names("orders")) {
      store_.gate(name).conduct({.bytes_per_second = bytes_per_second}, harness::TcpGate::Way::to_server);
    }
  }

  Task<> open_shop(Loop& loop) {
    http::Client client(loop, {});
    const auto stocked = co_await client.send(store_.entry("catalog-1"),
                                              {.method = http::Method::post,
                                               .target = "/books/2/stock",
                                               .headers = {{"Idempotency-Key", "stock"}},
                                               .body = R"({"delta":100000000})"},
                                              in(patience));
    EXPECT_EQ(stocked.status, 200U) << stocked.body;
    const auto bought = co_await harness::send_with_retries(loop, client, door(), purchase(), patience);
    EXPECT_EQ(bought.status, 200U) << bought.body;
  }

  [[nodiscard]] http::Endpoint door() const { return store_.door("frontend-1"); }

  [[nodiscard]] load::Result buy(load::Pace pace, std::size_t shoppers, milliseconds time) const {
    load::Plan plan;
    plan.targets = {door()};
    plan.mix = load::only(load::Operation::purchase);
    plan.books = {BookId{2}};
    plan.pace = pace;
    plan.connections = shoppers;
    plan.warmup = milliseconds(0);
    plan.duration = time;
    plan.timeout = patience;
    return load::run(plan);
  }

  TemporaryFolder folder_;
  harness::Cluster store_{folder_.path(), {.frontends = 1}};
};

TEST_F(OverloadTest, the_rest_is_refused_and_what_is_served_stays) {
  const load::Result peak = buy(load::ClosedLoop{}, few_shoppers, milliseconds(3'000));
  ASSERT_GT(peak.goodput_per_s, 0);
  EXPECT_EQ(peak.all().shed, 0U);

  std::atomic<bool> done = false;
  Bystander seen;
  std::thread bystander(
      [&] { harness::run([&](Loop& loop) { return look_around(loop, door(), done, seen); }); });
  const load::Result crowd =
      buy(load::OpenLoop{.rate_per_s = overload * peak.goodput_per_s}, many_shoppers, milliseconds(5'000));
  done = true;
  bystander.join();

  for (const auto& [status, count] : crowd.statuses) {
    EXPECT_TRUE(status == 200 || status == 503) << count << " answers of status " << status;
  }
  EXPECT_EQ(crowd.all().failed(), 0U);
  EXPECT_GT(crowd.all().shed, 0U);
  EXPECT_GT(crowd.goodput_per_s, peak.goodput_per_s / 2);
  EXPECT_GT(seen.looks, 0);
  EXPECT_EQ(seen.not_ready, 0) << "of " << seen.looks;
  EXPECT_EQ(seen.refused_without_advice, 0) << "of " << seen.refused;

  const load::Result after = buy(load::ClosedLoop{}, few_shoppers, milliseconds(2'000));
  EXPECT_EQ(after.all().shed, 0U);
  EXPECT_EQ(after.all().failed(), 0U);
  EXPECT_GT(after.goodput_per_s, peak.goodput_per_s / 2);
}

}  // namespace
}  // namespace bazar
