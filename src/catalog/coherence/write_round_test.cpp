#include "catalog/coherence/write_round.hpp"

#include <gtest/gtest.h>

namespace bazar::catalog {
namespace {

constexpr SteadyTime start{std::chrono::hours(1)};
constexpr milliseconds lease{2'000};
constexpr milliseconds full_wait{2'070};  // 2,000 · 1.01 + 50

LeaseHolder holder(const std::string& incarnation, MemberState state = MemberState::live,
                   milliseconds granted = lease) {
  return {.member = {.role = Role::frontend,
                     .name = "frontend-1",
                     .url = "http://f",
                     .control_url = "http://f",
                     .incarnation = incarnation,
                     .state = state},
          .lease = granted};
}

template <class T>
const T& as(const WriteRound::Action& action) {
  EXPECT_TRUE(std::holds_alternative<T>(action)) << "another action, number " << action.index();
  return std::get<T>(action);
}

using Ask = WriteRound::Ask;
using Commit = WriteRound::Commit;
using Revoke = WriteRound::Revoke;
using Wait = WriteRound::Wait;

class WriteRoundTest : public testing::Test {
 protected:
  WriteRound round_{LeaseTiming{.clock_rate_error = 0.01, .slack = milliseconds(50)}};
};

TEST_F(WriteRoundTest, commits_at_once_where_nobody_holds_a_lease) {
  EXPECT_TRUE(as<Commit>(round_.begin({}, true, start)).gone.empty());
}

TEST_F(WriteRoundTest, asks_nobody_about_a_batch_that_changes_no_book) {
  const std::array holders{holder("a"), holder("b", MemberState::revoked)};
  EXPECT_TRUE(as<Commit>(round_.begin(holders, false, start)).gone.empty());
}

TEST_F(WriteRoundTest, asks_all_who_are_live_and_commits_when_all_approve) {
  const std::array holders{holder("a"), holder("b")};
  const auto action = round_.begin(holders, true, start);
  ASSERT_EQ(as<Ask>(action).members.size(), 2u);
  EXPECT_TRUE(as<Commit>(round_.answered({})).gone.empty());
}

TEST_F(WriteRoundTest, a_silent_one_is_revoked_waited_out_from_after_that_and_then_skipped) {
  std::array holders{holder("a"), holder("b")};
  (void)round_.begin(holders, true, start);
  const std::array silent{holders[1].member};
  EXPECT_EQ(as<Revoke>(round_.answered(silent)).members.front().incarnation, "b");

  // Asking took a second; the wait runs from after the revocation's commit, not from before.
  const SteadyTime revoked_at = start + milliseconds(1'000);
  EXPECT_EQ(round_.revoked(revoked_at).until, revoked_at + full_wait);

  holders[1].member.state = MemberState::revoked;
  EXPECT_EQ(as<Wait>(round_.begin(holders, true, revoked_at + full_wait - milliseconds(1))).until,
            revoked_at + full_wait);
  const auto again = round_.begin(holders, true, revoked_at + full_wait);
  EXPECT_EQ(as<Ask>(again).members.size(), 1u) << "the others are asked anew";
  EXPECT_EQ(as<Commit>(round_.answered({})).gone.front().incarnation, "b");
}

TEST_F(WriteRoundTest, who_is_found_revoked_is_waited_out_from_when_it_was_found) {
  const std::array holders{holder("a", MemberState::revoked)};
  EXPECT_EQ(as<Wait>(round_.begin(holders, true, start)).until, start + full_wait);
  EXPECT_EQ(as<Commit>(round_.begin(holders, true, start + full_wait)).gone.size(), 1u);
}

TEST_F(WriteRoundTest, a_batch_without_changes_also_notes_who_is_revoked) {
  const std::array holders{holder("a", MemberState::revoked)};
  (void)round_.begin(holders, false, start);
  EXPECT_EQ(as<Commit>(round_.begin(holders, true, start + full_wait)).gone.size(), 1u);
}

TEST_F(WriteRoundTest, a_replaced_incarnation_is_waited_out_from_its_replacement) {
  const std::array before{holder("old")};
  (void)round_.begin(before, false, start);
  const std::array replaced{holder("old", MemberState::revoked)};
  round_.committed(replaced, start + milliseconds(10));

  const std::array after{holder("old", MemberState::revoked), holder("new")};
  EXPECT_EQ(as<Wait>(round_.begin(after, true, start + milliseconds(500))).until,
            start + milliseconds(10) + full_wait);
  const auto later = round_.begin(after, true, start + milliseconds(10) + full_wait);
  EXPECT_EQ(as<Ask>(later).members.front().incarnation, "new");
}

TEST_F(WriteRoundTest, waits_for_the_longest_of_several_leases_as_they_were_granted) {
  const std::array holders{holder("a", MemberState::revoked, milliseconds(1'000)),
                           holder("b", MemberState::revoked, milliseconds(10'000))};
  EXPECT_EQ(as<Wait>(round_.begin(holders, true, start)).until, start + milliseconds(10'150));
}

TEST_F(WriteRoundTest, a_seen_death_is_proof_for_a_live_one_and_a_revoked_one) {
  const std::array holders{holder("a"), holder("b", MemberState::revoked)};
  round_.died(Role::frontend, "frontend-1", "a");
  round_.died(Role::frontend, "frontend-1", "b");
  EXPECT_EQ(as<Commit>(round_.begin(holders, true, start)).gone.size(), 2u);
}

TEST_F(WriteRoundTest, the_death_of_another_incarnation_proves_nothing) {
  const std::array holders{holder("a")};
  round_.died(Role::frontend, "frontend-1", "b");
  round_.died(Role::frontend, "frontend-2", "a");
  round_.died(Role::orders, "frontend-1", "a");
  EXPECT_EQ(as<Ask>(round_.begin(holders, true, start)).members.size(), 1u);
}

TEST_F(WriteRoundTest, what_was_noted_outlives_a_batch_that_failed) {
  const std::array holders{holder("a", MemberState::revoked)};
  (void)round_.begin(holders, true, start);
  // The transaction failed; the next batch begins without a word about this one.
  EXPECT_EQ(as<Wait>(round_.begin(holders, true, start + milliseconds(2'000))).until, start + full_wait);
}

TEST_F(WriteRoundTest, a_wait_ends_with_the_last_of_those_waited_for_who_is_not_gone) {
  const std::array holders{holder("a", MemberState::revoked, milliseconds(1'000)),
                           holder("b", MemberState::revoked, milliseconds(10'000))};
  (void)round_.begin(holders, true, start);
  const SteadyTime later = start + milliseconds(500);
  EXPECT_EQ(round_.wait_end(holders, later), start + milliseconds(10'150));
  EXPECT_EQ(round_.wait_end(std::span(holders).first(1), later), start + milliseconds(1'060));
  const std::array others{holder("c")};
  EXPECT_LT(round_.wait_end(others, later), start) << "who is live is the next round's business";
  round_.died(Role::frontend, "frontend-1", "b");
  EXPECT_EQ(round_.wait_end(holders, later), start + milliseconds(1'060));
}

TEST_F(WriteRoundTest, who_is_revoked_while_another_is_waited_for_is_waited_out_beside_it) {
  const std::array first{holder("a", MemberState::revoked)};
  (void)round_.begin(first, true, start);
  const std::array both{holder("a", MemberState::revoked), holder("b", MemberState::revoked)};
  const SteadyTime seen = start + milliseconds(300);
  EXPECT_EQ(round_.wait_end(both, seen), seen + full_wait);
  const auto again = round_.begin(both, true, start + full_wait);
  EXPECT_EQ(as<Wait>(again).until, seen + full_wait) << "counted from when it was seen, not from now";
}

TEST_F(WriteRoundTest, what_was_found_in_a_former_epoch_counts_for_nothing) {
  round_.enter_epoch("E1");
  const std::array revoked{holder("a", MemberState::revoked)};
  (void)round_.begin(revoked, true, start);
  round_.enter_epoch("E2");
  // The revocation was lost with the former primary; here it lives, is silent, and is revoked anew.
  const std::array live{holder("a")};
  EXPECT_EQ(as<Ask>(round_.begin(live, true, start + full_wait)).members.size(), 1U);
  const std::array silent{live[0].member};
  (void)round_.answered(silent);
  EXPECT_EQ(round_.revoked(start + full_wait).until, start + 2 * full_wait);
}

TEST_F(WriteRoundTest, a_revocation_in_a_new_epoch_is_waited_out_from_when_it_was_found_there) {
  round_.enter_epoch("E1");
  const std::array revoked{holder("a", MemberState::revoked)};
  (void)round_.begin(revoked, true, start);
  round_.enter_epoch("E2");
  EXPECT_EQ(as<Wait>(round_.begin(revoked, true, start + full_wait)).until, start + 2 * full_wait);
}

TEST_F(WriteRoundTest, the_wait_is_never_rounded_down) {
  const std::array holders{holder("a", MemberState::revoked, milliseconds(1))};
  EXPECT_EQ(as<Wait>(round_.begin(holders, true, start)).until, start + milliseconds(2 + 50));
}

using WriteRoundDeathTest = WriteRoundTest;

TEST_F(WriteRoundDeathTest, an_answer_of_somebody_who_was_not_asked_is_a_bug) {
  const std::array holders{holder("a")};
  (void)round_.begin(holders, true, start);
  const std::array stranger{holder("b").member};
  EXPECT_DEATH((void)round_.answered(stranger), "was not asked|who was asked");
}

}  // namespace
}  // namespace bazar::catalog
