#include "catalog/sqlite/members.hpp"

#include "catalog/sqlite/rows.hpp"

namespace bazar::catalog {
namespace {

constexpr db::Sql select_member(
    "SELECT role, name, url, control_url, incarnation, state, lease_ms FROM members "
    "WHERE role = ? AND name = ? AND incarnation = ?");
constexpr db::Sql select_current_members(
    "SELECT role, name, url, control_url, incarnation, state, lease_ms FROM members AS m WHERE state <> 2 "
    "AND NOT EXISTS (SELECT 1 FROM members AS other WHERE other.role = m.role AND other.name = m.name "
    "  AND other.state < m.state) ORDER BY role, name, changed_at");
constexpr db::Sql select_lease_holders(
    "SELECT role, name, url, control_url, incarnation, state, lease_ms FROM members WHERE role = 0 AND state "
    "<> 2");
constexpr db::Sql select_incarnations(
    "SELECT role, name, url, control_url, incarnation, state, lease_ms, changed_at FROM members "
    "WHERE role = ? AND name = ?");
constexpr db::Sql replace_member("INSERT OR REPLACE INTO members VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
constexpr db::Sql update_member_state(
    "UPDATE members SET state = ?4, changed_at = ?5 WHERE role = ?1 AND name = ?2 AND incarnation = ?3 AND "
    "state < ?4");
constexpr db::Sql delete_member("DELETE FROM members WHERE role = ? AND name = ? AND incarnation = ?");
LeaseHolder holder_from(const db::Query& row) {
  return {.member = {.role = static_cast<Role>(row.integer(0)),
                     .name = row.text(1),
                     .url = row.text(2),
                     .control_url = row.text(3),
                     .incarnation = row.text(4),
                     .state = static_cast<MemberState>(row.integer(5))},
          .lease = milliseconds(row.integer(6))};
}

int number(Role role) { return static_cast<int>(role); }
int number(MemberState state) { return static_cast<int>(state); }

}  // namespace

std::optional<LeaseHolder> find_member(db::Database& database, Role role, const std::string& name,
                                       const std::string& incarnation) {
  db::Query row = database.query(select_member, number(role), name, incarnation);
  if (!row.next()) return std::nullopt;
  return holder_from(row);
}

std::vector<Member> current_members(db::Database& database) {
  std::vector<Member> members;
  db::Query rows = database.query(select_current_members);
  while (rows.next()) {
    Member member = holder_from(rows).member;
    const bool same_name =
        !members.empty() && members.back().role == member.role && members.back().name == member.name;
    if (same_name) {
      members.back() = std::move(member);  // a later one of several revoked incarnations
    } else {
      members.push_back(std::move(member));
    }
  }
  return members;
}

std::vector<LeaseHolder> lease_holders(db::Database& database) {
  std::vector<LeaseHolder> holders;
  db::Query rows = database.query(select_lease_holders);
  while (rows.next()) holders.push_back(holder_from(rows));
  return holders;
}

std::vector<MemberRecord> member_records(db::Database& database, Role role, const std::string& name) {
  std::vector<MemberRecord> records;
  db::Query rows = database.query(select_incarnations, number(role), name);
  while (rows.next()) {
    LeaseHolder holder = holder_from(rows);
    records.push_back({std::move(holder.member), holder.lease, wall_from(rows.integer(7))});
  }
  return records;
}

void store_members(db::Database& database, std::span<const Member> removed,
                   std::span<const MemberRecord> records) {
  for (const Member& member : removed) {
    database.run(delete_member, number(member.role), member.name, member.incarnation);
  }
  for (const auto& [member, lease, changed_at] : records) {
    database.run(replace_member, number(member.role), member.name, member.incarnation, member.url,
                 member.control_url, number(member.state), lease.count(), to_stored(changed_at));
  }
}

void set_member_states(db::Database& database, std::span<const Member> members, MemberState state,
                       WallTime now) {
  for (const Member& member : members) {
    database.run(update_member_state, number(member.role), member.name, member.incarnation, number(state),
                 to_stored(now));
  }
}

}  // namespace bazar::catalog
