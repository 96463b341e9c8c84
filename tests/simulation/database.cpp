#include "database.hpp"

#include <algorithm>

namespace bazar::simulation {

using catalog::MemberState;

catalog::LeaseHolder to_holder(const MemberRow& row) {
  return {.member = {.role = catalog::Role::frontend,
                     .name = row.name,
                     .url = std::to_string(row.process),
                     .control_url = {},
                     .incarnation = row.incarnation,
                     .state = row.state},
          .lease = row.lease};
}

const MemberRow* State::find_member(const std::string& name, const std::string& incarnation) const {
  const auto at = std::ranges::find_if(
      members, [&](const MemberRow& row) { return row.name == name && row.incarnation == incarnation; });
  return at == members.end() ? nullptr : &*at;
}

std::vector<catalog::LeaseHolder> State::lease_holders() const {
  std::vector<catalog::LeaseHolder> holders;
  for (const MemberRow& row : members) {
    if (row.state != MemberState::gone) holders.push_back(to_holder(row));
  }
  return holders;
}

const MemberRow* State::current_member(const std::string& name) const {
  const MemberRow* current = nullptr;
  for (const MemberRow& row : members) {
    if (row.name != name || row.state == MemberState::gone) continue;
    const bool later = !current || std::pair(current->state == MemberState::live, current->order) <
                                       std::pair(row.state == MemberState::live, row.order);
    if (later) current = &row;
  }
  return current;
}

void State::raise(const MemberRow& row) {
  const auto at = std::ranges::find_if(members, [&](const MemberRow& each) {
    return each.name == row.name && each.incarnation == row.incarnation;
  });
  if (at == members.end()) {
    members.push_back(row);
  } else {
    at->state = std::max(at->state, row.state);
  }
}

void WritersLock::acquire(int owner, Granted granted) {
  waiting_.push_back({owner, std::move(granted)});
  pass_on();
}

void WritersLock::release(int owner) {
  std::erase_if(waiting_, [&](const Waiting& each) { return each.owner == owner; });
  if (holder_ == owner) holder_.reset();
  pass_on();
}

void WritersLock::pass_on() {
  if (holder_ || waiting_.empty()) return;
  const auto next = waiting_.begin() + random_.below(static_cast<std::ptrdiff_t>(waiting_.size()));
  holder_ = next->owner;
  const Granted granted = std::move(next->granted);
  waiting_.erase(next);
  granted();
}

}  // namespace bazar::simulation
