#include <algorithm>

#include "catalog/writes/write_batch.hpp"

namespace bazar::catalog {
namespace {

// Kept so that a registration that comes late, after its incarnation has gone, is not taken for a new one.
constexpr std::size_t remembered_incarnations = 16;

}  // namespace

WriteBatch::Incarnations& WriteBatch::incarnations(Role role, const std::string& name) {
  const auto [place, inserted] = members_.try_emplace({role, name});
  if (inserted) {
    place->second.records = rows_.incarnations(role, name);
    place->second.dirty.assign(place->second.records.size(), false);
  }
  return place->second;
}

/// States only rise: who is revoked or gone never comes back.
void WriteBatch::set_state(Incarnations& name, std::size_t index, MemberState state) {
  MemberRecord& record = name.records[index];
  if (record.member.state >= state) return;
  record.member.state = state;
  record.changed_at = now_;
  name.dirty[index] = true;
}

void WriteBatch::forget_old_incarnations(Incarnations& name) {
  std::vector<WallTime> gone;
  for (const MemberRecord& record : name.records) {
    if (record.member.state == MemberState::gone) gone.push_back(record.changed_at);
  }
  if (gone.size() <= remembered_incarnations) return;
  std::ranges::sort(gone, std::greater{});
  const WallTime oldest = gone[remembered_incarnations - 1];
  for (std::size_t i = name.records.size(); i-- > 0;) {
    const MemberRecord& record = name.records[i];
    if (record.member.state != MemberState::gone || record.changed_at >= oldest) continue;
    changes_.removed_members.push_back(record.member);
    name.records.erase(name.records.begin() + static_cast<std::ptrdiff_t>(i));
    name.dirty.erase(name.dirty.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

/// What it grants; 0: this incarnation was revoked before, and is not live.
milliseconds WriteBatch::enroll(const Member& member) {
  Incarnations& name = incarnations(member.role, member.name);
  for (std::size_t i = 0; i < name.records.size(); ++i) {
    MemberRecord& known = name.records[i];
    if (known.member.incarnation != member.incarnation) continue;
    if (known.member.state != MemberState::live) return milliseconds{0};
    known.member.url = member.url;
    known.member.control_url = member.control_url;
    name.dirty[i] = true;
    return known.lease;
  }
  if (member.role == Role::frontend) {
    for (std::size_t i = 0; i < name.records.size(); ++i) {
      if (name.records[i].member.state != MemberState::live) continue;
      set_state(name, i, MemberState::revoked);
      replaced_.push_back({name.records[i].member, name.records[i].lease});
    }
    forget_old_incarnations(name);
  } else {
    for (const MemberRecord& record : name.records) changes_.removed_members.push_back(record.member);
    name = {};
  }
  name.records.push_back({member, lease_, now_});
  name.records.back().member.state = MemberState::live;
  name.dirty.push_back(true);
  return lease_;
}

WriteOutcome WriteBatch::decide(const EnrollMember& request) {
  return Grant{.epoch = identity_.epoch, .revision = 0, .lease_ms = enroll(request.member).count()};
}

WriteOutcome WriteBatch::decide(const RetireMember& request) {
  Incarnations& name = incarnations(request.role, request.name);
  for (std::size_t i = 0; i < name.records.size(); ++i) {
    if (name.records[i].member.incarnation != request.incarnation) continue;
    if (request.role == Role::frontend) {
      set_state(name, i, MemberState::gone);
    } else {
      changes_.removed_members.push_back(name.records[i].member);
      name.records.erase(name.records.begin() + static_cast<std::ptrdiff_t>(i));
      name.dirty.erase(name.dirty.begin() + static_cast<std::ptrdiff_t>(i));
    }
    break;
  }
  return std::monostate{};
}

}  // namespace bazar::catalog
