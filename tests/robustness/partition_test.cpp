// A front-end is cut off from the catalogs while its clients still reach it: real hosts (network namespaces),
// and frames that vanish.

#include "tests/harness/network.hpp"

#include <future>
#include <iostream>

#include "tests/robustness/fault_test.hpp"

namespace bazar::robustness {
namespace {

constexpr std::int64_t book = 4;
/// How long a catalog waits for an approval before it revokes (HttpInvalidatorOptions::patience), and what
/// two cores need for the rest.
constexpr milliseconds revocation_allowance{500 + 1'000};

class Partition : public FaultTest {
 protected:
  void SetUp() override {
    if (const auto why = harness::Network::why_not()) GTEST_SKIP() << *why;
    network_ = std::make_unique<harness::Network>(std::vector<std::string>{
        "catalog-1", "catalog-2", "orders-1", "orders-2", "frontend-1", "frontend-2", "frontend-3"});
    start_store({.network = network_.get()});
  }
  void TearDown() override {
    FaultTest::TearDown();
    stop_store();
    network_.reset();
  }

  milliseconds time_of_write(std::int64_t price) {
    const auto start = std::chrono::steady_clock::now();
    set_price("frontend-2", book, price);
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  }

  /// Of status 0 where there is none: the front-end has nobody to ask.
  Answer impatient_look_up(const std::string& frontend) {
    try {
      return ask(store().door(frontend), {.target = "/info/" + std::to_string(book)}, milliseconds{100});
    } catch (const Outage&) {
      return {};
    }
  }

  /// Asks frontend-1 until then; returns when the last request was sent that it answered from its cache.
  SteadyTime last_hit_of_the_cut_off_one(SteadyTime until) {
    SteadyTime last_hit = SteadyTime::min();
    for (SteadyTime sent = std::chrono::steady_clock::now(); sent < until;
         sent = std::chrono::steady_clock::now()) {
      const auto answer = impatient_look_up("frontend-1");
      if (answer.status == 200 && answer.cache_status.find("hit") != std::string::npos) last_hit = sent;
      pause(milliseconds{5});
    }
    return last_hit;
  }

  std::unique_ptr<harness::Network> network_;
};

TEST_F(Partition, front_end_that_reaches_no_catalog_stops_answering_from_its_cache_within_its_lease) {
  start_load();
  for (std::int64_t round = 0; round < (full_run() ? 20 : 2); ++round) {
    set_price("frontend-2", book, 100 + round);
    warm_up("frontend-1", book);
    const auto cut = std::chrono::steady_clock::now();
    network_->separate({"frontend-1", "catalog-1", "catalog-2"});
    auto last_hit =
        std::async(std::launch::async, [&] { return last_hit_of_the_cut_off_one(cut + 2 * lease()); });

    const auto first_write = time_of_write(200 + round);
    EXPECT_LE(first_write, lease() + revocation_allowance) << "others wait for one lease at most";
    const auto second_write = time_of_write(300 + round);
    EXPECT_LE(second_write, revocation_allowance) << "and only once";
    EXPECT_LE(last_hit.get(), cut + lease()) << "it answers from its cache without a lease";
    std::cout << "writes during the cut took " << first_write.count() << " and " << second_write.count()
              << " ms\n";

    network_->heal();
    expect_recovery("a front-end was cut off from the catalogs");
    EXPECT_EQ(price_in(look_up("frontend-1", book)), 300 + round);
  }
}

}  // namespace
}  // namespace bazar::robustness
