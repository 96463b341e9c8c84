#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "catalog/coherence/invalidation.hpp"
#include "catalog/membership/member.hpp"
#include "frontend/cache/lru_cache.hpp"

namespace bazar::frontend {

/// Stands for the listing where a rule speaks of "a book": titles, topics and the set of books as one
/// versioned object.
struct Listing {};
inline constexpr Listing listing{};

/// Under what something may be shared with a request, fixed when the request arrived (docs/protocol.md, rule
/// 5).
struct SharingTerms {
  std::string epoch;
  Revision floor = 0;
  /// Whether the answer to a fetch sent earlier may be given to that request.
  [[nodiscard]] bool allow(std::string_view answer_epoch, Revision as_of) const {
    return !epoch.empty() && answer_epoch == epoch && as_of >= floor;
  }
};

/// The front-end's side of the coherence protocol (docs/protocol.md, rules 3 to 8): which epoch, whose lease,
/// which floors, and what they allow. A pure state machine: messages and clock readings come in as arguments,
/// all times are of one clock. What is cached is kept elsewhere, without trust (rule 9): in this process or
/// in a cache server, by whomever it was put there, with the epoch and the revision `as_of` which it was
/// read. Not thread-safe.
///
/// Why a hit is never stale. Writes after the registration were approved here before they committed, so the
/// floors know them; the first grant's revision stands for all writes before it. A writer skips this
/// front-end only after its revocation, from which on no lease is granted, and the last lease's time.
class FrontendProtocol {
 public:
  /// No `as_of` reaches it: the floor of everything while the real floors cannot be known.
  static constexpr Revision unreachable = std::numeric_limits<Revision>::max();
  /// Grants of more count as this much; less time to serve from the cache is always safe.
  static constexpr milliseconds max_lease{60'000};

  /// Remembers floors of at most `max_floors` books one by one.
  explicit FrontendProtocol(std::size_t max_floors) : floors_(max_floors) {}

  // Membership.

  /// About to register as `incarnation`, a name never used before: forgets all, and from now on nothing else
  /// counts.
  void begin_incarnation(std::string incarnation);
  /// About to take leave, after which writers ask no more: no lease, and nothing is approved, also under an
  /// incarnation that a registration still under way begins later.
  void end_incarnation();

  enum class GrantEffect : std::uint8_t {
    ignored,  ///< of another incarnation, or of an epoch that may be a former one
    extended,
    admitted,  ///< the first of its incarnation and epoch
  };
  /// The answer to a registration or renewal sent at `sent` and received at `now`. Late, twice or out of
  /// order is harmless.
  GrantEffect granted(std::string_view incarnation, const catalog::Grant& grant, SteadyTime sent,
                      SteadyTime now);

  /// At `now`, which must be read after the request that asks has arrived.
  [[nodiscard]] bool has_lease(SteadyTime now) const { return lease_until_ && now < *lease_until_; }

  // From a writer.

  /// Raises floors. True approves the write: then nothing older than it may be served from the cache any
  /// more, and the caller drops its entries. False approves nothing: another incarnation, or an epoch other
  /// than the present one.
  [[nodiscard]] bool invalidate(const catalog::Invalidation& invalidation, SteadyTime now);

  // What is allowed. `Object` is a BookId or Listing.

  /// Empty while it is not known: from a new incarnation's beginning to its first grant or invalidation.
  [[nodiscard]] const std::string& epoch() const { return epoch_; }

  /// Nothing read before this revision may be cached or shared.
  [[nodiscard]] Revision floor(BookId book) const;
  [[nodiscard]] Revision floor(Listing) const { return admitted_ ? listing_floor_ : unreachable; }

  /// Rule 4.
  template <class Object>
  [[nodiscard]] bool may_serve(Object object, std::string_view epoch, Revision as_of, SteadyTime now) const {
    return has_lease(now) && may_fill(object, epoch, as_of);
  }

  /// Rule 5. Needs no lease: without one it is not served either. Nor does it matter under which incarnation
  /// the fetch began: what was read before this one was admitted is below the floor of everything.
  template <class Object>
  [[nodiscard]] bool may_fill(Object object, std::string_view epoch, Revision as_of) const {
    return !epoch_.empty() && epoch == epoch_ && as_of >= floor(object);
  }

  /// Rule 5, for a request that arrived before `now` and finds a fetch under way. Without a lease writes may
  /// have passed unseen, so nothing may be shared, whatever the floors say.
  template <class Object>
  [[nodiscard]] SharingTerms sharing_terms(Object object, SteadyTime now) const {
    return {epoch_, has_lease(now) ? floor(object) : unreachable};
  }

 private:
  void begin_epoch(std::string epoch, SteadyTime now);
  void raise_floor(BookId book, Revision revision);
  [[nodiscard]] Revision remembered_floor(BookId book) const;

  bool ended_ = false;
  std::string incarnation_;  ///< empty: not a member
  std::string epoch_;        ///< empty: not known yet
  SteadyTime epoch_since_;   ///< when it was learned
  bool admitted_ = false;    ///< a grant of this incarnation and epoch has come: the floors are complete
  std::optional<SteadyTime> lease_until_;

  LruCache<BookId, Revision> floors_;  ///< in the order in which they were raised
  Revision least_floor_ = 0;           ///< of every book: the admission's revision, and the forgotten floors
  Revision listing_floor_ = 0;
};

}  // namespace bazar::frontend
