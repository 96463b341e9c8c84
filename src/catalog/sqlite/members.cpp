#include "catalog/sqlite/members.hpp"

#include "catalog/sqlite/rows.hpp"

namespace bazar::catalog {
namespace {

// Kept so that a registration that comes late, after its incarnation has gone, is not taken for a new one.
constexpr int remembered_incarnations = 16;

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
constexpr db::Sql insert_member("INSERT INTO members VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
constexpr db::Sql update_member_urls(
    "UPDATE members SET url = ?, control_url = ? WHERE role = ? AND name = ? AND incarnation = ?");
constexpr db::Sql update_member_state(
    "UPDATE members SET state = ?4, changed_at = ?5 WHERE role = ?1 AND name = ?2 AND incarnation = ?3 AND "
    "state < ?4");
constexpr db::Sql delete_namesakes("DELETE FROM members WHERE role = ? AND name = ? AND incarnation <> ?");
constexpr db::Sql delete_member("DELETE FROM members WHERE role = ? AND name = ? AND incarnation = ?");
constexpr db::Sql delete_old_incarnations(
    "DELETE FROM members WHERE role = ?1 AND name = ?2 AND state = 2 AND incarnation NOT IN ("
    "  SELECT incarnation FROM members WHERE role = ?1 AND name = ?2 AND state = 2 ORDER BY changed_at DESC "
    "LIMIT ?3)");

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

std::vector<LeaseHolder> live_namesakes(db::Database& database, const Member& member) {
  std::vector<LeaseHolder> holders = lease_holders(database);
  std::erase_if(holders, [&](const LeaseHolder& holder) {
    return holder.member.name != member.name || holder.member.state != MemberState::live;
  });
  return holders;
}

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

Enrolment enroll_member(db::Database& database, const Member& member, milliseconds lease, WallTime now) {
  Enrolment enrolment;
  if (const auto known = find_member(database, member.role, member.name, member.incarnation)) {
    if (known->member.state != MemberState::live) return enrolment;
    database.run(update_member_urls, member.url, member.control_url, number(member.role), member.name,
                 member.incarnation);
    enrolment.lease = known->lease;
    return enrolment;
  }
  if (member.role == Role::frontend) {
    enrolment.replaced = live_namesakes(database, member);
    for (LeaseHolder& holder : enrolment.replaced) {
      set_member_states(database, {&holder.member, 1}, MemberState::revoked, now);
      holder.member.state = MemberState::revoked;
    }
    database.run(delete_old_incarnations, number(member.role), member.name, remembered_incarnations);
  } else {
    database.run(delete_namesakes, number(member.role), member.name, member.incarnation);
  }
  database.run(insert_member, number(member.role), member.name, member.incarnation, member.url,
               member.control_url, number(MemberState::live), lease.count(), to_stored(now));
  enrolment.lease = lease;
  return enrolment;
}

void retire_member(db::Database& database, Role role, const std::string& name, const std::string& incarnation,
                   WallTime now) {
  if (role == Role::frontend) {
    const Member member{.role = role, .name = name, .url = {}, .control_url = {}, .incarnation = incarnation};
    set_member_states(database, {&member, 1}, MemberState::gone, now);
  } else {
    database.run(delete_member, number(role), name, incarnation);
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
