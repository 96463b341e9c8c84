#pragma once

#include <optional>
#include <span>
#include <vector>

#include "catalog/coherence/write_round.hpp"
#include "db/sqlite/database.hpp"

namespace bazar::catalog {

/// The members' rows, one for each incarnation. Only front-ends pass through `revoked`: the others hold no
/// lease, and a registration replaces whatever had their name.

[[nodiscard]] std::optional<LeaseHolder> find_member(db::Database& database, Role role,
                                                     const std::string& name, const std::string& incarnation);
/// The latest incarnation of each name that is not gone, by role and name.
[[nodiscard]] std::vector<Member> current_members(db::Database& database);
/// Every front-end that may hold a lease.
[[nodiscard]] std::vector<LeaseHolder> lease_holders(db::Database& database);

struct Enrolment {
  milliseconds lease{0};              ///< 0: this incarnation was revoked before, and is not live
  std::vector<LeaseHolder> replaced;  ///< front-ends that were live under that name, now revoked
};
/// Within a write transaction, as all below.
[[nodiscard]] Enrolment enroll_member(db::Database& database, const Member& member, milliseconds lease,
                                      WallTime now);

void retire_member(db::Database& database, Role role, const std::string& name, const std::string& incarnation,
                   WallTime now);
void set_member_states(db::Database& database, std::span<const Member> members, MemberState state,
                       WallTime now);

}  // namespace bazar::catalog
