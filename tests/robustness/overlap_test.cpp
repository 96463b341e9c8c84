// Things that happen in the middle of a write, held there by failpoints and gates: a registration, a fill, a
// fetch that others join.

#include <boost/json.hpp>
#include <future>

#include "tests/robustness/fault_test.hpp"

namespace bazar::robustness {
namespace {

using harness::TcpGate;

constexpr std::int64_t book = 4;
/// So that a write is followed by a miss.
const std::vector<std::string> no_refresh = {"--on-write", "invalidate"};

class Overlap : public FaultTest {
 protected:
  [[nodiscard]] std::future<Answer> look_up_meanwhile(const std::string& frontend) {
    return std::async(std::launch::async, [this, frontend] { return look_up(frontend, book); });
  }
};

/// Rule 6: a front-end that registers while a write has been approved by the others and is not committed is
/// either asked too, or starts after it.
TEST_F(Overlap, registration_in_the_middle_of_a_write_waits_for_it) {
  const harness::FailpointFile hold(folder() / "hold");
  start_store({.failpoints = {{"catalog-1", hold.arm("catalog.before_commit", "hold")}}});
  for (std::int64_t price = 1; price <= (full_run() ? 20 : 3); ++price) {
    store().kill("frontend-3");
    hold.set();
    auto write = std::async(std::launch::async, [&] { set_price_at_catalog("catalog-1", book, price); });
    hold.wait_until_held();
    store().start("frontend-3");
    // What it reads now is from before the write, which is not committed; it must not keep it.
    static_cast<void>(look_up("frontend-3", book));
    static_cast<void>(look_up("frontend-3", book));
    hold.let_go();
    write.get();
    EXPECT_EQ(price_in(look_up("frontend-3", book)), price);
    expect_recovery("a registration in the middle of a write");
  }
}

/// The same at random under load: writes are stretched, and front-ends come and go.
TEST_F(Overlap, registrations_while_writes_take_long) {
  start_store(
      {.failpoints = {{"catalog-1", "catalog.before_commit=sleep:30ms"},
                      {"catalog-2", "catalog.before_commit=sleep:5ms,catalog.after_commit=sleep:20ms"}}});
  start_load();
  for (int round = 0; round < (full_run() ? 50 : 6); ++round) {
    store().restart(any_of(store().names("frontend")));
    pause(milliseconds{random_up_to(500)});
  }
  expect_recovery("registrations during slow writes");
}

/// A write asks a front-end whose registration is committed but whose grant is still on its way. What it
/// approves then must outlive the grant, which is from before the write.
TEST_F(Overlap, grant_that_arrives_after_a_write_does_not_bring_back_the_old_price) {
  const harness::FailpointFile hold(folder() / "hold");
  start_store({.failpoints = {{"catalog-1", hold.arm("catalog.after_registration", "hold")}}});
  for (std::int64_t price = 1; price <= (full_run() ? 20 : 3); ++price) {
    store().kill("frontend-3");
    hold.set();
    store().start("frontend-3");
    hold.wait_until_held();
    set_price_at_catalog("catalog-2", book, price);
    hold.let_go();
    EXPECT_EQ(price_in(look_up("frontend-3", book)), price);
    EXPECT_EQ(price_in(look_up("frontend-3", book)), price);
    expect_recovery("a late grant");
  }
}

/// Rule 5, the fill: a catalog's answer from before a write must not enter the cache after it.
TEST_F(Overlap, fill_that_a_write_has_overtaken_is_refused) {
  const harness::FailpointFile hold(folder() / "hold");
  start_store(
      {.failpoints = {{"frontend-1", hold.arm("frontend.before_fill", "hold")}}, .catalog_args = no_refresh});
  for (std::int64_t price = 1; price <= (full_run() ? 50 : 10); ++price) {
    set_price("frontend-2", book, 1'000 + price);  // whatever was cached is not any more
    hold.set();
    auto overtaken = look_up_meanwhile("frontend-1");
    hold.wait_until_held();
    set_price("frontend-2", book, price);
    hold.let_go();
    EXPECT_EQ(overtaken.get().status, 200U);
    EXPECT_EQ(price_in(look_up("frontend-1", book)), price);
    EXPECT_EQ(price_in(look_up("frontend-1", book)), price);
  }
}

/// Rule 5, the joiner: who asks after a write was acknowledged must not get the answer of a fetch that was
/// sent before it.
TEST_F(Overlap, request_after_a_write_does_not_share_a_fetch_from_before_it) {
  start_store({.catalog_args = no_refresh});
  const auto answers_from_catalogs = [&](bool held) {
    for (const auto& catalog : store().names("catalog"))
      store().gate(catalog).conduct({.hold = held}, TcpGate::Way::to_client, "frontend-1");
  };
  for (std::int64_t price = 1; price <= (full_run() ? 50 : 10); ++price) {
    set_price("frontend-2", book, 1'000 + price);
    answers_from_catalogs(true);
    auto first = look_up_meanwhile("frontend-1");
    pause(milliseconds{100});  // it has been read by then: if not, this round shows nothing
    set_price("frontend-2", book, price);
    auto joiner = look_up_meanwhile("frontend-1");
    pause(milliseconds{50});
    answers_from_catalogs(false);
    EXPECT_EQ(first.get().status, 200U);
    EXPECT_EQ(price_in(joiner.get()), price) << "asked after the write was acknowledged";
    EXPECT_EQ(price_in(look_up("frontend-1", book)), price);
  }
}

}  // namespace
}  // namespace bazar::robustness
