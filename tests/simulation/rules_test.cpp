#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "simulation.hpp"

namespace bazar::simulation {
namespace {

constexpr std::uint64_t most_seeds = 4'000;
#ifdef BAZAR_SANITIZED
constexpr std::uint64_t redundancy_seeds = 3;
#else
constexpr std::uint64_t redundancy_seeds = 40;
#endif

/// Only what clients see: that a rule was broken is known, that it matters is to be shown.
Options without(std::string_view rule) {
  Options options{.checks = {.invariants = false, .liveness = false}};
  EXPECT_TRUE(switch_off(options.rules, rule)) << rule;
  return options;
}

/// A rule, and the shortest story in which a client is told something wrong without it.
struct Case {
  const char* rule;
  const char* story;
};

/// How GoogleTest lists a case; otherwise it would be addresses.
std::ostream& operator<<(std::ostream& out, const Case& each) { return out << each.rule; }

const std::vector<Case> cases{
    {"invalidate_before_commit",
     "The write is committed. One front-end misses and shows the new price; another, which has not heard of "
     "it "
     "yet, still hits the old one."},
    {"answer_after_commit",
     "The editor has been told that the price is set. Before the commit is durable another client misses and "
     "reads the old one; or the catalog dies and the edit never happened."},
    {"refresh_after_commit",
     "A front-end shows a price from the refresh of a write that is not committed; the next miss elsewhere "
     "shows the old one."},
    {"members_read_under_lock",
     "A front-end registers while the writer waits for its lock. The writer's list of members is older, so "
     "it "
     "does not ask it, and the newcomer serves what it has read in between."},
    {"wait_after_revoking",
     "A cut-off front-end does not approve. The writer revokes it and commits at once, while its lease still "
     "runs and it serves the old price."},
    {"wait_for_those_found_revoked",
     "One catalog has revoked a cut-off front-end and waits. Another one starts a write, finds it revoked, "
     "does "
     "not ask it, and commits within the lease."},
    {"gone_only_when_death_was_seen",
     "A suspended front-end is declared gone because it does not answer. Writes skip it; it wakes up within "
     "its "
     "lease and serves what it has."},
    {"wait_covers_clock_rate",
     "The front-end's clock is slow and the writer's is fast, by more than the writer allows for: the wait "
     "is "
     "over before the lease."},
    {"wait_counts_from_revocation_committed",
     "The writer counts from its decision to revoke, but the disk stalls: a renewal is granted just before "
     "the "
     "revocation is committed, and its lease outlasts the wait."},
    {"wait_covers_clock_granularity",
     "Clocks are read in ticks of a third of a lease and δ is 0: the wait looks over before it is."},
    {"approval_raises_floor",
     "A miss has read the old price and is on its way. The front-end drops its entry and approves; the "
     "commit "
     "follows; then the miss arrives and is cached: the classic hole."},
    {"approval_is_of_own_incarnation",
     "The control address of a front-end that is cut off leads to its successor of the same name. The "
     "successor "
     "approves for it, and the first one goes on serving under its lease."},
    {"approval_is_of_present_epoch",
     "A front-end that has not heard of the restore approves a write of the new epoch. Its floors do not say "
     "so, and the switch forgets all floors anyway: a miss from before that write is cached."},
    {"hit_needs_lease",
     "A front-end is cut off, revoked and waited for. It goes on answering from its cache."},
    {"hit_needs_floor",
     "An entry that an invalidation did not drop (it is in a shared cache server, or was put there late) is "
     "served after the write."},
    {"hit_needs_epoch",
     "After a restore revisions are lower. An entry of the former epoch has a higher one than the floor, and "
     "is "
     "served as if it were of this epoch."},
    {"lease_runs_from_sending",
     "A renewal is granted, the answer is slow. Revocation and wait are over when it arrives; counted from "
     "there the lease begins anew."},
    {"lease_read_after_arrival",
     "A front-end reads its clock, is suspended for longer than a lease, wakes up and serves the requests "
     "that "
     "have come meanwhile by that reading."},
    {"as_of_is_of_same_snapshot",
     "The book is read, a write commits, then the revision is read: the old price travels with the new "
     "revision, which satisfies the floor."},
    {"joiner_needs_floor",
     "A fetch has read the old price. The write commits and its editor is answered. Who asks now joins that "
     "fetch and is given the old price."},
    {"joiner_needs_lease",
     "The control loop stands still, the lease runs out, a write passes the front-end by. Who asks now joins "
     "a "
     "fetch from before it, which satisfies the floors that know nothing of that write."},
    {"forgotten_floors_leave_minimum",
     "A book's floor is forgotten for space while a miss with its old price is on the way; it is cached and "
     "served."},
    {"registration_takes_writers_lock",
     "A writer has read the members and asks them. A front-end registers meanwhile, reads the old price, and "
     "serves it after the commit."},
    {"registration_keeps_replaced_as_revoked",
     "A second process registers under the name of one that is cut off. The first one's row is overwritten, "
     "so "
     "no writer waits for its lease."},
    {"admission_sets_floor",
     "A front-end is revoked, a write passes it by, it registers anew. A miss from before, or an entry in "
     "shared storage, satisfies its empty floors."},
    {"renewal_needs_live",
     "A front-end that can reach catalogs but not be reached is revoked. While the writer waits it renews, "
     "and "
     "has a lease when the writer commits."},
    {"renewal_reads_fresh_snapshot",
     "The same, but the renewal is granted from a snapshot from before the revocation."},
    {"leave_ends_lease_first",
     "A front-end says farewell, is gone for writers, and answers some last requests from its cache."},
    {"shared_storage_is_not_trusted",
     "The cache server hands out an entry from before the last write: lost put, late put, or an old copy."},
    {"stock_taken_where_it_is_kept", "Two front-ends see one copy left, and sell it both."},
    {"edits_decided_where_data_is_kept",
     "Two stock changes are computed from the same cached number: one is lost."},
    {"retry_keeps_key", "The answer to a purchase is lost; repeated under another key it is sold twice."},
    {"refusals_are_remembered",
     "A purchase was refused, and the buyer told. Its late duplicate arrives after a delivery and is sold."},
    {"keys_are_kept", "A late duplicate of a purchase arrives after its key was forgotten: sold twice."},
};

class WithoutRule : public testing::TestWithParam<Case> {};

TEST_P(WithoutRule, clients_are_told_something_wrong) {
  Options options = without(GetParam().rule);
  for (options.seed = 1; options.seed <= most_seeds; ++options.seed) {
    if (simulate(options).violation.empty()) continue;
    std::printf("%s\n", GetParam().story);
    return;
  }
  FAIL() << "no seed up to " << most_seeds << " shows it: " << GetParam().story;
}

/// A cut-off front-end is revoked, waited for and forgotten. A late duplicate of its registration makes it
/// live again: it has a lease, and floors that missed a write. A writer that remembers it as revoked notices
/// first, and dies of it.
TEST(WithoutRuleDeathTest, gone_incarnation_stays_gone) {
  const auto run_until_noticed = [] {
    Options options = without("gone_incarnation_stays_gone");
    for (options.seed = 1; options.seed <= most_seeds; ++options.seed) {
      if (simulate(options).violation.empty()) continue;
      std::fputs("clients are told something wrong", stderr);
      std::abort();
    }
  };
  EXPECT_DEATH(run_until_noticed(), "never becomes live again|clients are told something wrong");
}

/// Rule 5's check at the fill keeps old entries from taking room; what keeps them from being served is rule
/// 4's check at the hit, which is the same condition and a lease on top. One of the two is enough for the
/// promise.
class RedundantRule : public testing::TestWithParam<const char*> {};

TEST_P(RedundantRule, clients_notice_nothing) {
  Options options = without(GetParam());
  for (options.seed = 1; options.seed <= redundancy_seeds; ++options.seed) {
    ASSERT_EQ(simulate(options).violation, "") << report_failure(options);
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, RedundantRule, testing::Values("fill_needs_floor", "fill_needs_epoch"),
                         [](const auto& each) { return each.param; });

INSTANTIATE_TEST_SUITE_P(Rules, WithoutRule, testing::ValuesIn(cases),
                         [](const auto& each) { return each.param.rule; });

}  // namespace
}  // namespace bazar::simulation
