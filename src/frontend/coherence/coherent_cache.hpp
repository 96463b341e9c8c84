#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "catalog/coherence/invalidation.hpp"
#include "catalog/membership/member.hpp"
#include "frontend/cache/entry.hpp"
#include "frontend/cache/storage.hpp"
#include "frontend/coherence/frontend_protocol.hpp"
#include "observe/metrics.hpp"

namespace bazar::frontend {

/// The front-end's cache of books and topics with the rules that keep it right (docs/protocol.md): epoch,
/// lease, floors. A FrontendProtocol behind a lock, and a Storage, which is trusted with nothing. Shared by
/// all threads of the process; thread-safe, no call blocks on I/O.
///
/// Protocol and storage have locks of their own. Between them anything may happen: a fill that was allowed
/// may reach the storage after the invalidation that forbids it. That is harmless, since what the storage
/// returns is judged anew each time, at an instant after it returned. An invalidation waits for the floors
/// alone.
class CoherentCache {
 public:
  struct Options {
    std::size_t book_entries = 100'000;  ///< of the storage in memory; least recently used go first
    std::size_t topic_entries = 1'000;
    std::size_t floors = 100'000;  ///< more are forgotten into one minimum revision
    bool enabled = true;           ///< false: every read is a bypass
  };
  /// Entries are kept in memory (LruStorage). `clock` is the one by which `granted` is told when its request
  /// was sent.
  CoherentCache(Options options, const Clock& clock, observe::Metrics& metrics);
  /// Entries are kept in `storage`; null: nowhere, every read is a bypass.
  CoherentCache(std::unique_ptr<Storage> storage, std::size_t floors, const Clock& clock,
                observe::Metrics& metrics);
  ~CoherentCache();

  // Membership.
  /// Flushes, drops the lease; from now on only `incarnation` counts, a name never used before.
  void begin_incarnation(std::string incarnation);
  /// Flushes and drops the lease for good: before leave is taken of the catalog, whose writers then ask no
  /// more.
  void end_incarnation();
  /// Ignored where `incarnation` is not the present one. A new epoch flushes.
  void granted(std::string_view incarnation, const catalog::Grant& grant, SteadyTime sent);
  /// Whether the cache is in use, its server included; else reads bypass it.
  [[nodiscard]] bool has_lease() const;

  // From the catalog's writer.
  /// Raises floors and drops entries. Nothing, which is no approval: not this incarnation, or not its epoch.
  /// Else those of the books for which a refresh would be in place, as far as that is known.
  [[nodiscard]] std::optional<std::vector<BookId>> invalidate(const catalog::Invalidation& invalidation);

  // Hits: null unless epoch, floor and lease allow it at an instant after the storage has answered.
  /// An answer at once from this process's memory; a cache server is to be awaited, for some tens of
  /// milliseconds at the most, before the loop that awaits it ends.
  [[nodiscard]] Lookup<BookEntry> look_up(BookId id);
  [[nodiscard]] Lookup<TopicEntry> look_up(std::string_view topic);

  // Fills.
  /// Caches what a fetch brought, without waiting for a cache server. False: refused (too old, or of another
  /// epoch).
  bool fill(std::shared_ptr<const BookEntry> entry);
  bool fill(const std::string& topic, std::shared_ptr<const TopicEntry> entry);
  /// Caches what a catalog sent after a commit, under the rule of a fill, and only in place: where a book is
  /// cached, or an invalidation dropped its entry and nothing has taken its place. Else writes to books that
  /// nobody reads here would push out those that somebody does. False: not in place, or refused.
  bool refresh(std::shared_ptr<const BookEntry> entry);

  // Sharing one fetch among requests: a request that finds a fetch under way notes its terms on arrival, and
  // takes the answer only if they allow it.
  [[nodiscard]] SharingTerms sharing_terms(BookId id) const;
  [[nodiscard]] SharingTerms sharing_terms(Listing) const;

  /// Lookups under way end, and from now on each finds nothing. Before the loops of those who wait end.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::frontend
