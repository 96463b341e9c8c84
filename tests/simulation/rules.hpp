#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace bazar::simulation {

/// The rules of the coherence protocol (docs/protocol.md), each of which a run may leave out to show that the
/// checker would notice. The production code is never changed: the simulated shells bypass it.
struct Rules {
  // Rules 1 and 2: a write.
  bool invalidate_before_commit = true;
  bool answer_after_commit = true;
  bool refresh_after_commit = true;
  bool members_read_under_lock = true;
  bool wait_after_revoking = true;
  bool wait_counts_from_revocation_committed = true;
  bool wait_for_those_found_revoked = true;
  bool gone_only_when_death_was_seen = true;
  bool wait_covers_clock_rate = true;
  bool wait_covers_clock_granularity = true;
  // Rule 3: an invalidation.
  bool approval_raises_floor = true;
  bool approval_is_of_own_incarnation = true;
  bool approval_is_of_present_epoch = true;
  // Rule 4: a hit.
  bool hit_needs_lease = true;
  bool hit_needs_floor = true;
  bool hit_needs_epoch = true;
  bool lease_runs_from_sending = true;
  bool lease_read_after_arrival = true;
  // Rule 5: a fill, and a shared fetch.
  bool fill_needs_floor = true;
  bool fill_needs_epoch = true;
  bool as_of_is_of_same_snapshot = true;
  bool joiner_needs_floor = true;
  bool joiner_needs_lease = true;
  bool forgotten_floors_leave_minimum = true;
  // Rules 6 and 7: membership.
  bool registration_takes_writers_lock = true;
  bool registration_keeps_replaced_as_revoked = true;
  bool admission_sets_floor = true;
  bool gone_incarnation_stays_gone = true;
  bool renewal_needs_live = true;
  bool renewal_reads_fresh_snapshot = true;
  bool leave_ends_lease_first = true;
  // Rule 9.
  bool shared_storage_is_not_trusted = true;
  // Writes that must not be lost or done twice.
  bool stock_taken_where_it_is_kept = true;
  bool edits_decided_where_data_is_kept = true;
  bool retry_keeps_key = true;
  bool refusals_are_remembered = true;
  bool keys_are_kept = true;
};
BOOST_DESCRIBE_STRUCT(
    Rules, (),
    (invalidate_before_commit, answer_after_commit, refresh_after_commit, members_read_under_lock,
     wait_after_revoking, wait_counts_from_revocation_committed, wait_for_those_found_revoked,
     gone_only_when_death_was_seen, wait_covers_clock_rate, wait_covers_clock_granularity,
     approval_raises_floor, approval_is_of_own_incarnation, approval_is_of_present_epoch, hit_needs_lease,
     hit_needs_floor, hit_needs_epoch, lease_runs_from_sending, lease_read_after_arrival, fill_needs_floor,
     fill_needs_epoch, as_of_is_of_same_snapshot, joiner_needs_floor, joiner_needs_lease,
     forgotten_floors_leave_minimum, registration_takes_writers_lock, registration_keeps_replaced_as_revoked,
     admission_sets_floor, gone_incarnation_stays_gone, renewal_needs_live, renewal_reads_fresh_snapshot,
     leave_ends_lease_first, shared_storage_is_not_trusted, stock_taken_where_it_is_kept,
     edits_decided_where_data_is_kept, retry_keeps_key, refusals_are_remembered, keys_are_kept))

/// Turns the rule of that name off. False: there is no such rule.
[[nodiscard]] bool switch_off(Rules& rules, std::string_view name);
[[nodiscard]] std::vector<std::string> rule_names();

}  // namespace bazar::simulation
