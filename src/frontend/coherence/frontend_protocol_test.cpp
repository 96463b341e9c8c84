#include "frontend/coherence/frontend_protocol.hpp"

#include <gtest/gtest.h>

namespace bazar::frontend {
namespace {

using Effect = FrontendProtocol::GrantEffect;
using catalog::Grant;
using catalog::Invalidation;

constexpr BookId book{2};
constexpr BookId other{3};
constexpr std::int64_t lease_ms = 2'000;

class FrontendProtocolTest : public testing::Test {
 protected:
  FrontendProtocolTest() {
    protocol.begin_incarnation("first");
    EXPECT_EQ(grant("first", "E1", 10), Effect::admitted);
  }

  SteadyTime at(int ms) const { return start + milliseconds(ms); }
  void advance(int ms) { now += milliseconds(ms); }

  Effect grant(const std::string& incarnation, const std::string& epoch, Revision revision) {
    return protocol.granted(incarnation, Grant{epoch, revision, lease_ms}, now, now);
  }
  bool write(std::vector<BookId> books, Revision revision, const std::string& incarnation = "first",
             const std::string& epoch = "E1") {
    return protocol.invalidate(Invalidation{epoch, incarnation, revision, std::move(books), false}, now);
  }
  bool write_listing(Revision revision) {
    return protocol.invalidate(Invalidation{"E1", "first", revision, {}, true}, now);
  }
  bool may_serve(Revision as_of) const { return protocol.may_serve(book, "E1", as_of, now); }
  bool may_fill(Revision as_of, const std::string& epoch = "E1") const {
    return protocol.may_fill(book, epoch, as_of);
  }

  const SteadyTime start{std::chrono::hours(1)};
  SteadyTime now = start;
  FrontendProtocol protocol{4};
};

// Rule 3: invalidation.

TEST_F(FrontendProtocolTest, an_approved_write_stops_hits_of_what_is_older) {
  EXPECT_TRUE(may_serve(10));
  EXPECT_TRUE(write({book}, 11));
  EXPECT_FALSE(may_serve(10));
  EXPECT_TRUE(may_serve(11));
}

TEST_F(FrontendProtocolTest, a_write_of_another_book_stops_nothing) {
  EXPECT_TRUE(write({other}, 11));
  EXPECT_TRUE(may_serve(10));
}

TEST_F(FrontendProtocolTest, invalidations_that_come_late_twice_or_out_of_order_never_lower_a_floor) {
  EXPECT_TRUE(write({book}, 15));
  EXPECT_TRUE(write({book}, 12)) << "late: approved, since nothing older than 12 is served";
  EXPECT_TRUE(write({book}, 15));
  EXPECT_EQ(protocol.floor(book), 15);
}

TEST_F(FrontendProtocolTest, another_incarnation_is_not_approved_and_raises_nothing) {
  EXPECT_FALSE(write({book}, 11, "before"));
  EXPECT_FALSE(write({book}, 11, ""));
  EXPECT_EQ(protocol.floor(book), 10);
}

TEST_F(FrontendProtocolTest, another_epoch_is_not_approved_and_disturbs_nothing) {
  EXPECT_FALSE(write({book}, 11, "first", "E0"));
  EXPECT_TRUE(may_serve(10)) << "a late message of a former epoch must not cost the lease";
  EXPECT_EQ(protocol.epoch(), "E1");
}

TEST_F(FrontendProtocolTest, a_write_is_approved_also_while_there_is_no_lease) {
  advance(lease_ms + 1);
  EXPECT_TRUE(write({book}, 11));
  EXPECT_FALSE(may_fill(10));
}

// Rule 4: hits and the lease.

TEST_F(FrontendProtocolTest, the_lease_ends_at_its_exact_instant) {
  EXPECT_TRUE(protocol.has_lease(at(lease_ms) - SteadyTime::duration(1)));
  EXPECT_FALSE(protocol.has_lease(at(lease_ms)));
  now = at(lease_ms);
  EXPECT_FALSE(may_serve(10));
}

TEST_F(FrontendProtocolTest, the_lease_runs_from_before_the_renewal_was_sent) {
  advance(1'500);
  EXPECT_EQ(protocol.granted("first", Grant{"E1", 10, lease_ms}, at(500), now), Effect::extended);
  EXPECT_TRUE(protocol.has_lease(at(2'499)));
  EXPECT_FALSE(protocol.has_lease(at(2'500)));
}

TEST_F(FrontendProtocolTest, an_answer_that_took_longer_than_the_lease_gives_none) {
  advance(5'000);
  EXPECT_EQ(protocol.granted("first", Grant{"E1", 10, lease_ms}, at(100), now), Effect::extended);
  EXPECT_FALSE(protocol.has_lease(now));
}

TEST_F(FrontendProtocolTest, a_late_answer_does_not_shorten_a_longer_lease) {
  advance(1'000);
  grant("first", "E1", 12);
  protocol.granted("first", Grant{"E1", 11, lease_ms}, at(500), now);
  EXPECT_TRUE(protocol.has_lease(at(2'999)));
}

TEST_F(FrontendProtocolTest, a_lease_without_sense_gives_no_more_than_its_bound) {
  protocol.begin_incarnation("second");
  protocol.granted("second", Grant{"E1", 10, -5}, now, now);
  EXPECT_FALSE(protocol.has_lease(now));
  protocol.granted("second", Grant{"E1", 10, std::numeric_limits<std::int64_t>::max()}, now, now);
  EXPECT_TRUE(protocol.has_lease(now + FrontendProtocol::max_lease - milliseconds(1)));
  EXPECT_FALSE(protocol.has_lease(now + FrontendProtocol::max_lease));
}

TEST_F(FrontendProtocolTest, a_lapsed_lease_that_is_granted_again_finds_its_entries_still_right) {
  advance(10'000);
  EXPECT_FALSE(may_serve(10));
  grant("first", "E1", 10);
  EXPECT_TRUE(may_serve(10)) << "had a write passed unseen, this incarnation would have been revoked";
}

TEST_F(FrontendProtocolTest, a_renewal_does_not_age_entries) {
  advance(500);
  grant("first", "E1", 900);
  EXPECT_TRUE(may_serve(10));
}

// Rule 5: fills and sharing.

TEST_F(FrontendProtocolTest, a_miss_that_crosses_an_invalidation_is_not_cached) {
  EXPECT_TRUE(write({book}, 11));
  EXPECT_FALSE(may_fill(10));
  EXPECT_TRUE(may_fill(11));
  EXPECT_TRUE(protocol.may_fill(other, "E1", 10)) << "the same answer's other books are";
}

TEST_F(FrontendProtocolTest, an_answer_of_another_epoch_is_not_cached) {
  EXPECT_FALSE(may_fill(99, "E0"));
  EXPECT_FALSE(may_fill(99, ""));
}

TEST_F(FrontendProtocolTest, an_entry_counts_by_its_epoch_and_revision_whoever_put_it_there) {
  protocol.begin_incarnation("second");
  grant("second", "E1", 12);
  EXPECT_FALSE(may_serve(11)) << "a write that this incarnation was not asked about";
  EXPECT_TRUE(may_serve(12)) << "nothing was written since";
  EXPECT_FALSE(protocol.may_serve(book, "E0", 99, now));
  EXPECT_FALSE(protocol.may_serve(book, "", 99, now));
}

TEST_F(FrontendProtocolTest, a_joiner_after_the_invalidation_does_not_get_the_older_answer) {
  const auto before = protocol.sharing_terms(book, now);
  EXPECT_TRUE(write({book}, 11));
  const auto after = protocol.sharing_terms(book, now);
  EXPECT_TRUE(before.allow("E1", 10)) << "it arrived while 10 was the newest that anyone had been told of";
  EXPECT_FALSE(after.allow("E1", 10));
  EXPECT_TRUE(after.allow("E1", 11));
}

TEST_F(FrontendProtocolTest, a_joiner_without_a_lease_shares_nothing) {
  // Its floors may be behind: a writer need not ask who has been revoked.
  advance(lease_ms);
  const auto terms = protocol.sharing_terms(book, now);
  EXPECT_EQ(terms.floor, FrontendProtocol::unreachable);
  grant("first", "E1", 10);
  EXPECT_FALSE(terms.allow("E1", 1'000'000));
}

TEST_F(FrontendProtocolTest, a_joiner_shares_nothing_across_epochs) {
  EXPECT_FALSE(protocol.sharing_terms(book, now).allow("E2", 10));
  protocol.begin_incarnation("second");
  const auto unknown = protocol.sharing_terms(book, now);
  EXPECT_FALSE(unknown.allow("", FrontendProtocol::unreachable)) << "no epoch is none that fits";
}

TEST_F(FrontendProtocolTest, a_fill_needs_no_lease_and_is_served_only_when_one_is_back) {
  advance(lease_ms);
  EXPECT_TRUE(may_fill(10));
  EXPECT_FALSE(may_serve(10));
}

TEST_F(FrontendProtocolTest, floors_forgotten_for_space_leave_a_minimum_behind) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(write({BookId{100 + i}}, 20 + i));
  EXPECT_EQ(protocol.floor(book), 10);
  EXPECT_TRUE(write({BookId{200}}, 30));
  EXPECT_EQ(protocol.floor(BookId{100}), 20) << "forgotten";
  EXPECT_EQ(protocol.floor(book), 20) << "never written, but nobody knows that any more";
  EXPECT_EQ(protocol.floor(BookId{103}), 23);
  EXPECT_FALSE(may_fill(19));
  EXPECT_FALSE(may_serve(19));
  EXPECT_TRUE(may_fill(20));
}

TEST_F(FrontendProtocolTest, the_floor_raised_longest_ago_is_forgotten_first) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(write({BookId{100 + i}}, 20 + i));
  EXPECT_TRUE(write({BookId{100}}, 29));
  EXPECT_TRUE(write({BookId{200}}, 30));
  EXPECT_EQ(protocol.floor(BookId{100}), 29);
  EXPECT_EQ(protocol.floor(book), 21);
}

TEST_F(FrontendProtocolTest, a_late_invalidation_below_the_minimum_takes_no_space) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(write({BookId{100 + i}}, 20 + i));
  EXPECT_TRUE(write({book}, 15));
  EXPECT_EQ(protocol.floor(BookId{101}), 21);
  EXPECT_EQ(protocol.floor(other), 20);
}

TEST(FrontendProtocol, without_room_for_floors_every_write_is_a_minimum) {
  FrontendProtocol protocol(0);
  const SteadyTime now{std::chrono::hours(1)};
  protocol.begin_incarnation("first");
  protocol.granted("first", Grant{"E1", 10, lease_ms}, now, now);
  EXPECT_TRUE(protocol.invalidate(Invalidation{"E1", "first", 11, {book}, false}, now));
  EXPECT_EQ(protocol.floor(book), 11);
  EXPECT_EQ(protocol.floor(other), 11);
}

// The listing is one more object.

TEST_F(FrontendProtocolTest, the_listing_has_a_floor_of_its_own) {
  EXPECT_TRUE(write({book}, 11));
  EXPECT_EQ(protocol.floor(listing), 10) << "a sale changes no list of titles";
  EXPECT_TRUE(write_listing(12));
  EXPECT_EQ(protocol.floor(listing), 12);
  EXPECT_EQ(protocol.floor(other), 10);
  EXPECT_FALSE(protocol.may_serve(listing, "E1", 11, now));
  EXPECT_TRUE(protocol.may_serve(listing, "E1", 12, now));
  EXPECT_FALSE(protocol.may_fill(listing, "E1", 11));
  EXPECT_TRUE(write_listing(11));
  EXPECT_EQ(protocol.floor(listing), 12);
}

TEST_F(FrontendProtocolTest, forgotten_books_do_not_touch_the_listing) {
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(write({BookId{100 + i}}, 20 + i));
  EXPECT_EQ(protocol.floor(listing), 10);
}

// Rule 6: registration.

TEST_F(FrontendProtocolTest, a_new_incarnation_starts_without_lease_and_with_everything_void) {
  protocol.begin_incarnation("second");
  EXPECT_FALSE(protocol.has_lease(now));
  EXPECT_FALSE(may_serve(99));
  EXPECT_FALSE(may_fill(99)) << "which epoch it is and what was written before is not known yet";
  EXPECT_EQ(protocol.floor(book), FrontendProtocol::unreachable);
  EXPECT_EQ(protocol.floor(listing), FrontendProtocol::unreachable);
}

TEST_F(FrontendProtocolTest, after_a_restart_under_the_same_name_the_former_one_counts_for_nothing) {
  protocol.begin_incarnation("second");
  EXPECT_EQ(grant("first", "E1", 50), Effect::ignored) << "a renewal answered late";
  EXPECT_FALSE(write({book}, 51, "first"));
  EXPECT_EQ(grant("second", "E1", 60), Effect::admitted);
  EXPECT_EQ(grant("first", "E1", 70), Effect::ignored);
  EXPECT_FALSE(write({book}, 71, "first"));
  EXPECT_EQ(protocol.floor(book), 60);
}

TEST_F(FrontendProtocolTest, nothing_read_before_the_registration_is_cached) {
  protocol.begin_incarnation("second");
  grant("second", "E1", 60);
  EXPECT_FALSE(may_fill(59)) << "a write at 60 need not have asked this member";
  EXPECT_TRUE(may_fill(60));
}

TEST_F(FrontendProtocolTest, a_write_that_overtakes_the_grant_is_approved_and_remembered) {
  protocol.begin_incarnation("second");
  EXPECT_TRUE(write({book}, 61, "second"));
  EXPECT_FALSE(may_fill(99)) << "not admitted yet";
  EXPECT_EQ(grant("second", "E1", 60), Effect::admitted);
  EXPECT_EQ(protocol.floor(book), 61);
  EXPECT_EQ(protocol.floor(other), 60);
}

TEST_F(FrontendProtocolTest, only_the_first_grant_sets_the_least_floor) {
  grant("first", "E1", 99);
  EXPECT_EQ(protocol.floor(book), 10);
}

TEST_F(FrontendProtocolTest, who_takes_leave_approves_and_serves_nothing_more) {
  protocol.end_incarnation();
  EXPECT_FALSE(protocol.has_lease(now));
  EXPECT_FALSE(write({book}, 11));
  EXPECT_FALSE(write({book}, 11, ""));
  EXPECT_EQ(grant("first", "E1", 50), Effect::ignored);
  EXPECT_EQ(grant("", "E1", 50), Effect::ignored);
}

TEST_F(FrontendProtocolTest, a_registration_that_was_under_way_at_the_leave_brings_nothing_back) {
  protocol.end_incarnation();
  protocol.begin_incarnation("second");
  EXPECT_EQ(grant("second", "E1", 50), Effect::ignored);
  EXPECT_FALSE(protocol.has_lease(now));
  EXPECT_FALSE(write({book}, 51, "second"));
}

TEST_F(FrontendProtocolTest, an_incarnation_is_not_used_twice) {
  EXPECT_DEATH(protocol.begin_incarnation("first"), "not used twice");
  EXPECT_DEATH(protocol.begin_incarnation(""), "has an incarnation");
}

// Epochs.

TEST_F(FrontendProtocolTest, a_new_epoch_voids_everything_and_counts_revisions_anew) {
  EXPECT_TRUE(write({book}, 40));
  advance(500);
  EXPECT_EQ(grant("first", "E2", 7), Effect::admitted);
  EXPECT_TRUE(protocol.has_lease(now));
  EXPECT_FALSE(may_serve(99));
  EXPECT_FALSE(may_fill(99, "E1"));
  EXPECT_FALSE(may_fill(6, "E2"));
  EXPECT_TRUE(may_fill(7, "E2")) << "the restored database is behind the lost one";
}

TEST_F(FrontendProtocolTest, a_new_epoch_does_not_keep_the_rest_of_the_former_lease) {
  advance(500);
  protocol.granted("first", Grant{"E2", 7, 100}, now, now);
  EXPECT_FALSE(protocol.has_lease(now + milliseconds(100)));
}

TEST_F(FrontendProtocolTest, a_grant_of_a_former_epoch_that_comes_late_is_ignored) {
  advance(500);
  const auto sent = now;
  advance(500);
  grant("first", "E2", 7);
  advance(500);
  EXPECT_EQ(protocol.granted("first", Grant{"E1", 12, lease_ms}, sent, now), Effect::ignored);
  EXPECT_EQ(protocol.epoch(), "E2");
  EXPECT_TRUE(may_fill(7, "E2"));
}

TEST_F(FrontendProtocolTest, a_write_of_the_next_epoch_is_approved_only_once_that_epoch_is_known) {
  EXPECT_FALSE(write({book}, 8, "first", "E2"));
  advance(500);
  grant("first", "E2", 7);
  EXPECT_TRUE(write({book}, 8, "first", "E2"));
  EXPECT_FALSE(may_fill(7, "E2"));
}

TEST_F(FrontendProtocolTest, a_grant_from_before_the_epoch_that_a_write_told_of_gives_no_lease) {
  protocol.begin_incarnation("second");
  const auto sent = now;
  advance(10);
  EXPECT_TRUE(write({book}, 8, "second", "E2"));
  EXPECT_EQ(protocol.granted("second", Grant{"E1", 60, lease_ms}, sent, now), Effect::ignored);
  EXPECT_FALSE(protocol.has_lease(now));
  advance(10);
  EXPECT_EQ(grant("second", "E2", 7), Effect::admitted) << "the next renewal settles it";
  EXPECT_EQ(protocol.floor(book), 8);
}

// Rule 8: an aborted write.

TEST_F(FrontendProtocolTest, an_aborted_write_leaves_the_book_uncached_until_a_later_commit) {
  EXPECT_TRUE(write({book}, 11));
  // Rolled back: the catalog is still at 10, and so are its answers.
  EXPECT_FALSE(may_fill(10));
  EXPECT_FALSE(may_serve(10));
  EXPECT_TRUE(may_fill(11)) << "whatever commits next takes revision 11";
}

}  // namespace
}  // namespace bazar::frontend
