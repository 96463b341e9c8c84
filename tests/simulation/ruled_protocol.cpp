#include "ruled_protocol.hpp"

#include <algorithm>

namespace bazar::simulation {

using frontend::FrontendProtocol;

void RuledProtocol::begin_incarnation(const std::string& incarnation) {
  incarnation_ = incarnation;
  remembered_.clear();
  admission_ = 0;
  real_.begin_incarnation(incarnation);
}

void RuledProtocol::end_incarnation() { real_.end_incarnation(); }

FrontendProtocol::GrantEffect RuledProtocol::granted(const std::string& incarnation, catalog::Grant grant,
                                                     SteadyTime sent, SteadyTime now) {
  if (!rules_.admission_sets_floor) grant.revision = 0;
  if (!rules_.lease_runs_from_sending) sent = now;
  const std::string before = real_.epoch();
  const auto effect = real_.granted(incarnation, grant, sent, now);
  if (real_.epoch() != before) remembered_.clear();
  if (effect == FrontendProtocol::GrantEffect::admitted) admission_ = grant.revision;
  return effect;
}

bool RuledProtocol::invalidate(const catalog::Invalidation& invalidation, SteadyTime now) {
  if (!rules_.approval_raises_floor) {
    return invalidation.incarnation == incarnation_ && invalidation.epoch == real_.epoch();
  }
  const bool approved = real_.invalidate(invalidation, now);
  if (approved) remember_floors(invalidation);
  return approved || approve_anyway(invalidation);
}

bool RuledProtocol::approve_anyway(const catalog::Invalidation& invalidation) const {
  const bool own = invalidation.incarnation == incarnation_;
  if (!own) return !rules_.approval_is_of_own_incarnation;
  return !rules_.approval_is_of_present_epoch;
}

void RuledProtocol::remember_floors(const catalog::Invalidation& invalidation) {
  for (const BookId book : invalidation.books) {
    const auto place = static_cast<Book>(book.value - 1);
    const Revision* known = remembered_.peek(place);
    if (known && *known >= invalidation.revision) continue;
    if (remembered_.put(place, invalidation.revision)) ++forgotten_;
  }
}

Revision RuledProtocol::floor(Book book) const {
  const Revision real = real_.floor(id_of(book));
  if (rules_.forgotten_floors_leave_minimum || real == FrontendProtocol::unreachable) return real;
  const Revision* known = remembered_.peek(book);
  return known ? std::max(*known, admission_) : admission_;
}

bool RuledProtocol::allows(Book book, const Entry& entry, bool by_floor, bool by_epoch) const {
  if (by_epoch && (real_.epoch().empty() || entry.epoch != real_.epoch())) return false;
  return !by_floor || entry.as_of >= floor(book);
}

bool RuledProtocol::may_serve(Book book, const Entry& entry, SteadyTime now) const {
  if (rules_.hit_needs_lease && !real_.has_lease(now)) return false;
  return allows(book, entry, rules_.hit_needs_floor, rules_.hit_needs_epoch);
}

bool RuledProtocol::may_fill(Book book, const Entry& entry) const {
  return allows(book, entry, rules_.fill_needs_floor, rules_.fill_needs_epoch);
}

frontend::SharingTerms RuledProtocol::sharing_terms(Book book, SteadyTime now) const {
  const bool may_join = !rules_.joiner_needs_lease || real_.has_lease(now);
  return {real_.epoch(), may_join ? floor(book) : FrontendProtocol::unreachable};
}

bool RuledProtocol::may_share(const frontend::SharingTerms& terms, const std::string& epoch,
                              Revision as_of) const {
  if (!rules_.joiner_needs_floor) return true;
  return terms.allow(epoch, as_of);
}

}  // namespace bazar::simulation
