#pragma once

#include <optional>
#include <span>
#include <vector>

#include "catalog/coherence/write_round.hpp"
#include "catalog/writes/records.hpp"
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

/// Every incarnation of a name.
[[nodiscard]] std::vector<MemberRecord> member_records(db::Database& database, Role role,
                                                       const std::string& name);

/// Within a write transaction, as below.
void store_members(db::Database& database, std::span<const Member> removed,
                   std::span<const MemberRecord> records);
void set_member_states(db::Database& database, std::span<const Member> members, MemberState state,
                       WallTime now);

}  // namespace bazar::catalog
