#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <functional>
#include <string_view>

namespace bazar::simulation {

struct ReadStatistics {
  std::int64_t reads = 0;
  std::int64_t hits = 0;
  std::int64_t shared_storage_hits = 0;
  std::int64_t reads_without_lease = 0;
  std::int64_t shared_fetches = 0;
  std::int64_t refused_joiners = 0;
  std::int64_t fills = 0;
  std::int64_t refused_fills = 0;
  std::int64_t refused_fills_of_other_epoch = 0;
  std::int64_t refused_hits = 0;
  std::int64_t refused_shared_storage_hits = 0;
  std::int64_t refreshes_applied = 0;
  std::int64_t floors_forgotten = 0;
};
BOOST_DESCRIBE_STRUCT(ReadStatistics, (),
                      (reads, hits, shared_storage_hits, reads_without_lease, shared_fetches, refused_joiners,
                       fills, refused_fills, refused_fills_of_other_epoch, refused_hits,
                       refused_shared_storage_hits, refreshes_applied, floors_forgotten))

struct WriteStatistics {
  std::int64_t invalidations_approved = 0;
  std::int64_t invalidations_refused = 0;
  std::int64_t commits = 0;
  std::int64_t commits_of_several = 0;
  std::int64_t commits_asking_nobody = 0;
  std::int64_t aborted_after_approval = 0;
  std::int64_t revocations = 0;
  std::int64_t waits_after_revoking = 0;
  std::int64_t waits_for_those_found_revoked = 0;
  std::int64_t waits_cut_short = 0;
  std::int64_t registrations = 0;
  std::int64_t registrations_during_a_write = 0;
  std::int64_t registrations_replacing = 0;
  std::int64_t registrations_too_late = 0;
  std::int64_t renewals = 0;
  std::int64_t renewals_refused = 0;
  std::int64_t grants_ignored = 0;
};
BOOST_DESCRIBE_STRUCT(WriteStatistics, (),
                      (invalidations_approved, invalidations_refused, commits, commits_of_several,
                       commits_asking_nobody, aborted_after_approval, revocations, waits_after_revoking,
                       waits_for_those_found_revoked, waits_cut_short, registrations,
                       registrations_during_a_write, registrations_replacing, registrations_too_late,
                       renewals, renewals_refused, grants_ignored))

struct FaultStatistics {
  std::int64_t deaths_told = 0;
  std::int64_t farewells = 0;
  std::int64_t crashes = 0;
  std::int64_t crashes_before_commit = 0;
  std::int64_t crashes_after_commit = 0;
  std::int64_t pauses = 0;
  std::int64_t pauses_holding_lock = 0;
  std::int64_t frozen_killed = 0;
  std::int64_t control_stalls = 0;
  std::int64_t cuts = 0;
  std::int64_t restores = 0;
  std::int64_t restores_losing_revisions = 0;
  std::int64_t messages_lost = 0;
  std::int64_t messages_doubled = 0;
};
BOOST_DESCRIBE_STRUCT(FaultStatistics, (),
                      (deaths_told, farewells, crashes, crashes_before_commit, crashes_after_commit, pauses,
                       pauses_holding_lock, frozen_killed, control_stalls, cuts, restores,
                       restores_losing_revisions, messages_lost, messages_doubled))

struct ClientStatistics {
  std::int64_t purchases = 0;
  std::int64_t purchases_refused = 0;
  std::int64_t price_edits = 0;
  std::int64_t stock_changes = 0;
  std::int64_t replays = 0;
  std::int64_t unknown_outcomes = 0;
  std::int64_t histories_checked = 0;
  std::int64_t histories_undecided = 0;
  std::int64_t calms = 0;
};
BOOST_DESCRIBE_STRUCT(ClientStatistics, (),
                      (purchases, purchases_refused, price_edits, stock_changes, replays, unknown_outcomes,
                       histories_checked, histories_undecided, calms))

/// How often what is interesting has happened: a run without it proves nothing.
struct Statistics : ReadStatistics, WriteStatistics, FaultStatistics, ClientStatistics {
  std::int64_t steps = 0;
};
BOOST_DESCRIBE_STRUCT(Statistics, (ReadStatistics, WriteStatistics, FaultStatistics, ClientStatistics),
                      (steps))

Statistics& operator+=(Statistics& sum, const Statistics& more);
void for_each(const Statistics& statistics, const std::function<void(std::string_view, std::int64_t)>& visit);
void print_table(const Statistics& statistics);

}  // namespace bazar::simulation
