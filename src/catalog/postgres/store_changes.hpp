#pragma once

#include <span>

#include "catalog/writes/batch_changes.hpp"
#include "db/postgres/connection.hpp"

namespace bazar::catalog {

/// Adds the statements that store what a batch has decided. `revision` is the one that it leaves.
void add_changes(db::postgres::Pipeline& pipeline, const BatchChanges& changes, Revision revision);

/// Sets these members' state, where it is not past it.
void add_member_states(db::postgres::Pipeline& pipeline, std::span<const Member> members, MemberState state,
                       WallTime now);

}  // namespace bazar::catalog
