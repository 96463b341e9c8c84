#include "catalog/wire.hpp"

#include <gtest/gtest.h>

#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::catalog {
namespace {

Sale sale() {
  return {parse_order_id("0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b").value(),
          "key-1",
          "Hiba",
          "USD",
          {{BookId{2}, "RPCs for Noobs", 3, Money{2235}}},
          WallTime{milliseconds{1'700'000'000'123}},
          17};
}

std::optional<SaleOutcome> over_the_wire(const SaleOutcome& outcome) {
  const auto decoded = json::decode<wire::Outcome>(json::encode(wire::to_wire(outcome)));
  if (!decoded) return std::nullopt;
  return wire::from_wire(*decoded, "key-1");
}

TEST(Wire, every_outcome_arrives_as_it_left) {
  const SaleOutcome sold{Verdict::sold, false, sale(), {}};
  const SaleOutcome short_of_stock{Verdict::out_of_stock, false, {}, {{BookId{2}, 3, 1}}};
  const SaleOutcome unknown{Verdict::not_found, false, {}, {{BookId{9}, 1, 0}}};
  const SaleOutcome conflict{Verdict::conflict, false, {}, {}};
  for (auto outcome : {sold, short_of_stock, unknown, conflict}) {
    EXPECT_EQ(over_the_wire(outcome), outcome);
    if (outcome.verdict == Verdict::conflict) continue;
    outcome.replayed = true;
    EXPECT_EQ(over_the_wire(outcome), outcome);
  }
}

TEST(Wire, an_outcome_reads_as_the_contract_says) {
  EXPECT_EQ(
      json::encode(wire::to_wire({Verdict::sold, false, sale(), {}})),
      R"({"outcome":"sold","order_id":"0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b","name":"Hiba","currency":"USD",)"
      R"("lines":[{"book_id":2,"title":"RPCs for Noobs","quantity":3,"price":22.35}],)"
      R"("sold_at":"2023-11-14T22:13:20.123Z","version":17})");
  EXPECT_EQ(
      json::encode(wire::to_wire({Verdict::out_of_stock, true, {}, {{BookId{2}, 3, 1}}})),
      R"({"outcome":"replayed","first":{"outcome":"out_of_stock","refused":[{"book_id":2,"requested":3,"available":1}]}})");
  EXPECT_EQ(json::encode(wire::to_wire({Verdict::conflict, false, {}, {}})), R"({"outcome":"conflict"})");
}

TEST(Wire, parts_that_make_no_outcome_are_refused) {
  wire::Outcome outcome;
  outcome.outcome = "lost";
  EXPECT_FALSE(wire::from_wire(outcome, "k"));
  outcome.outcome = "sold";
  EXPECT_FALSE(wire::from_wire(outcome, "k")) << "a sale without its members";
  outcome.outcome = "replayed";
  EXPECT_FALSE(wire::from_wire(outcome, "k")) << "a replay of nothing";
}

TEST(Wire, members_arrive_as_they_left_and_unknown_roles_are_refused) {
  const Member member{Role::orders, "orders-1",       "http://127.0.0.1:8201", "http://127.0.0.1:8201",
                      "abc",        MemberState::gone};
  auto sent = wire::to_wire(member);
  EXPECT_EQ(wire::from_wire(sent), member);
  sent.role = "payments";
  EXPECT_FALSE(wire::from_wire(sent));
}

}  // namespace
}  // namespace bazar::catalog
