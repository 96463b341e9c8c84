#include "frontend/coherence/frontend_protocol.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace bazar::frontend {

void FrontendProtocol::begin_incarnation(std::string incarnation) {
  BAZAR_ASSERT(!incarnation.empty(), "a member has an incarnation");
  BAZAR_ASSERT(incarnation != incarnation_,
               "approvals given under an incarnation bind it for good: it is not used twice");
  if (ended_) return;
  incarnation_ = std::move(incarnation);
  begin_epoch({}, {});
}

void FrontendProtocol::end_incarnation() {
  ended_ = true;
  incarnation_.clear();
  begin_epoch({}, {});
}

/// Floors start anew. That is safe only where no approved write can still commit unknown to the new floors:
/// under a new incarnation the registration waited for the writers' lock, and approvals are given for the
/// present epoch only.
void FrontendProtocol::begin_epoch(std::string epoch, SteadyTime now) {
  epoch_ = std::move(epoch);
  epoch_since_ = now;
  admitted_ = false;
  lease_until_.reset();
  floors_.clear();
  least_floor_ = 0;
  listing_floor_ = 0;
}

FrontendProtocol::GrantEffect FrontendProtocol::granted(std::string_view incarnation,
                                                        const catalog::Grant& grant, SteadyTime sent,
                                                        SteadyTime now) {
  BAZAR_ASSERT(sent <= now, "an answer comes after its request");
  if (incarnation_.empty() || incarnation != incarnation_ || grant.epoch.empty()) return GrantEffect::ignored;
  if (grant.epoch != epoch_) {
    // Epochs carry no order. Only a request sent after the present one was learned proves that another has
    // followed it; an earlier one may just be late.
    if (!epoch_.empty() && sent <= epoch_since_) return GrantEffect::ignored;
    begin_epoch(grant.epoch, now);
  }
  const auto lease = std::clamp(milliseconds(grant.lease_ms), milliseconds(0), max_lease);
  lease_until_ = std::max(lease_until_.value_or(SteadyTime::min()), sent + lease);
  if (admitted_) return GrantEffect::extended;
  admitted_ = true;
  least_floor_ = std::max(least_floor_, grant.revision);
  listing_floor_ = std::max(listing_floor_, grant.revision);
  return GrantEffect::admitted;
}

bool FrontendProtocol::invalidate(const catalog::Invalidation& invalidation, SteadyTime now) {
  if (incarnation_.empty() || invalidation.incarnation != incarnation_ || invalidation.epoch.empty())
    return false;
  if (epoch_.empty()) {
    // Registered, but the grant is still on its way: this write is already one that the floors must know.
    begin_epoch(invalidation.epoch, now);
  }
  // An epoch that is not the present one may be a former one, late, or the next. Approving the next would
  // bind floors that the switch to it forgets; unapproved, the writer revokes this incarnation, and the next
  // one begins in that epoch.
  if (invalidation.epoch != epoch_) return false;

  for (const BookId book : invalidation.books) raise_floor(book, invalidation.revision);
  if (invalidation.listing) listing_floor_ = std::max(listing_floor_, invalidation.revision);
  return true;
}

void FrontendProtocol::raise_floor(BookId book, Revision revision) {
  const Revision before = remembered_floor(book);
  if (revision > before) {
    if (const auto forgotten = floors_.put(book, revision))
      least_floor_ = std::max(least_floor_, forgotten->second);
  }
  const Revision after = remembered_floor(book);
  BAZAR_ASSERT(after >= before && after >= revision,
               "floors never fall within an epoch, and an approved write is below its floor");
}

Revision FrontendProtocol::remembered_floor(BookId book) const {
  const Revision* own = floors_.peek(book);
  return own ? std::max(*own, least_floor_) : least_floor_;
}

Revision FrontendProtocol::floor(BookId book) const {
  return admitted_ ? remembered_floor(book) : unreachable;
}

}  // namespace bazar::frontend
