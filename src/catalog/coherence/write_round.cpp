#include "catalog/coherence/write_round.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/assert.hpp"

namespace bazar::catalog {

WriteRound::Key WriteRound::key_of(const Member& member) {
  return {member.role, member.name, member.incarnation};
}

SteadyTime WriteRound::lease_end(const LeaseHolder& holder, SteadyTime since) const {
  const double lease_ms = static_cast<double>(holder.lease.count()) * (1 + timing_.clock_rate_error);
  return since + milliseconds(static_cast<std::int64_t>(std::ceil(lease_ms))) + timing_.slack;
}

void WriteRound::forget_all_but(std::span<const LeaseHolder> holders) {
  std::set<Key> present;
  for (const LeaseHolder& holder : holders) present.insert(key_of(holder.member));
  std::erase_if(revoked_since_, [&](const auto& entry) { return !present.contains(entry.first); });
  std::erase_if(dead_, [&](const Key& key) { return !present.contains(key); });
}

void WriteRound::enter_epoch(const std::string& epoch) {
  if (epoch == epoch_) return;
  epoch_ = epoch;
  revoked_since_.clear();
}

WriteRound::Action WriteRound::begin(std::span<const LeaseHolder> holders, bool changes_books,
                                     SteadyTime now) {
  asked_.clear();
  silent_.clear();
  gone_.clear();
  forget_all_but(holders);

  std::optional<SteadyTime> wait_until;
  for (const LeaseHolder& holder : holders) {
    const Key key = key_of(holder.member);
    BAZAR_ASSERT(holder.member.state != MemberState::gone, "who is gone holds no lease");
    if (dead_.contains(key)) {
      gone_.push_back(holder.member);
    } else if (holder.member.state == MemberState::live) {
      asked_.push_back(holder);
    } else {
      // Found revoked: this process cannot know for how long, unless it has seen it so before.
      const SteadyTime end = lease_end(holder, revoked_since_.try_emplace(key, now).first->second);
      if (now >= end) {
        gone_.push_back(holder.member);
      } else {
        wait_until = std::max(wait_until.value_or(end), end);
      }
    }
  }
  if (!changes_books) return Commit{gone_};
  if (wait_until) return Wait{*wait_until};
  if (asked_.empty()) return Commit{gone_};
  Ask ask;
  for (const LeaseHolder& holder : asked_) ask.members.push_back(holder.member);
  return ask;
}

WriteRound::Action WriteRound::answered(std::span<const Member> silent) {
  for (const Member& member : silent) {
    const auto holder = std::ranges::find(asked_, key_of(member),
                                          [](const LeaseHolder& asked) { return key_of(asked.member); });
    BAZAR_ASSERT(holder != asked_.end(), "only who was asked can be silent");
    silent_.push_back(*holder);
  }
  if (silent_.empty()) return Commit{gone_};
  return Revoke{{silent.begin(), silent.end()}};
}

WriteRound::Wait WriteRound::revoked(SteadyTime now) {
  BAZAR_ASSERT(!silent_.empty(), "a revocation is committed only after it was wanted");
  Wait wait{now};
  for (const LeaseHolder& holder : silent_) {
    const auto [since, inserted] = revoked_since_.try_emplace(key_of(holder.member), now);
    BAZAR_ASSERT(inserted, "who is revoked never becomes live again");
    wait.until = std::max(wait.until, lease_end(holder, now));
  }
  return wait;
}

void WriteRound::committed(std::span<const LeaseHolder> replaced, SteadyTime now) {
  for (const LeaseHolder& holder : replaced) revoked_since_.try_emplace(key_of(holder.member), now);
}

SteadyTime WriteRound::wait_end(std::span<const LeaseHolder> holders, SteadyTime now) {
  SteadyTime end = SteadyTime::min();
  for (const LeaseHolder& holder : holders) {
    if (holder.member.state != MemberState::revoked || dead_.contains(key_of(holder.member))) continue;
    end = std::max(end,
                   lease_end(holder, revoked_since_.try_emplace(key_of(holder.member), now).first->second));
  }
  return end;
}

void WriteRound::died(Role role, const std::string& name, const std::string& incarnation) {
  dead_.emplace(role, name, incarnation);
}

}  // namespace bazar::catalog
