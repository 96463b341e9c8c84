#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "catalog/invalidation.hpp"
#include "catalog/member.hpp"
#include "frontend/cache/entry.hpp"
#include "observe/metrics.hpp"

namespace bazar::frontend {

/// The front-end's cache of books and topics with the rules that keep it right (docs/protocol.md): epoch, lease, floors. Shared by all threads of the
/// process; thread-safe, no call blocks on I/O.
class CoherentCache {
 public:
  struct Options {
    std::size_t book_entries = 100'000;  ///< least recently used go first
    std::size_t topic_entries = 1'000;
    std::size_t floors = 100'000;  ///< more are forgotten into one minimum revision
    bool enabled = true;           ///< false: every read is a bypass
  };
  CoherentCache(Options options, const Clock& clock, observe::Metrics& metrics);
  ~CoherentCache();

  // Membership.
  /// Flushes, drops the lease; from now on only `incarnation` counts.
  void begin_incarnation(std::string incarnation);
  /// Ignored where `incarnation` is not the present one. A new epoch flushes.
  void granted(std::string_view incarnation, const catalog::Grant& grant, SteadyTime sent);
  [[nodiscard]] bool has_lease() const;

  // From the catalog's writer.
  /// Raises floors and drops entries. False: not this incarnation, which is no approval.
  [[nodiscard]] bool invalidate(const catalog::Invalidation& invalidation);

  // Hits: null unless epoch, floor and lease allow it at an instant read inside the call.
  [[nodiscard]] std::shared_ptr<const BookEntry> find_book(BookId id);
  [[nodiscard]] std::shared_ptr<const TopicEntry> find_topic(const std::string& topic);

  // Fills.
  /// What a fetch must carry from before it began to be cached or shared.
  struct Ticket {
    std::uint64_t generation = 0;  ///< of incarnation and epoch
    bool leased = false;
  };
  [[nodiscard]] Ticket begin_fetch() const;
  /// The least `as_of` that may be shared with a request that asks now.
  [[nodiscard]] Revision floor(BookId id) const;
  [[nodiscard]] Revision listing_floor() const;
  /// False: refused (too old, or another incarnation or epoch by now).
  bool fill(const Ticket& ticket, std::string_view epoch, std::shared_ptr<const BookEntry> entry);
  bool fill(const Ticket& ticket, std::string_view epoch, const std::string& topic, std::shared_ptr<const TopicEntry> entry);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::frontend
