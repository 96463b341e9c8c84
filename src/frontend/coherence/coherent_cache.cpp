#include "frontend/coherence/coherent_cache.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <mutex>

#include "base/assert.hpp"

namespace bazar::frontend {
namespace {

/// The entries of one kind, all of the present epoch, and what is counted of them.
template <class Key, class Entry, class Hash>
class Shelf {
 public:
  using Slots = LruCache<Key, std::shared_ptr<const Entry>, Hash>;

  Shelf(std::size_t capacity, const std::string& kind, observe::Metrics& metrics)
      : hits(metrics.counter("bazar_cache_hits_total", "Reads answered from the cache", {{"kind", kind}})),
        misses(metrics.counter("bazar_cache_misses_total", "Reads that found no entry they may use",
                               {{"kind", kind}})),
        evictions(metrics.counter("bazar_cache_evictions_total", "Entries that went for lack of room",
                                  {{"kind", kind}})),
        entries(metrics.gauge("bazar_cache_entries", "Entries in the cache", {{"kind", kind}})),
        slots(std::make_unique<Slots>(capacity)) {}

  void count_entries() { entries.Set(static_cast<double>(slots->size())); }

  /// Empties the shelf at once. What was on it is the caller's, to be destroyed where nobody waits.
  [[nodiscard]] std::unique_ptr<Slots> take_all() {
    auto taken = std::exchange(slots, std::make_unique<Slots>(slots->capacity()));
    count_entries();
    return taken;
  }

  prometheus::Counter& hits;
  prometheus::Counter& misses;
  prometheus::Counter& evictions;
  prometheus::Gauge& entries;
  std::unique_ptr<Slots> slots;
};

using Books = Shelf<BookId, BookEntry, std::hash<BookId>>;
using Topics = Shelf<std::string, TopicEntry, TextHash>;

}  // namespace

/// Entries that a call drops are destroyed after it has let go of the lock: every other call waits for that
/// lock.
class CoherentCache::Impl {
 public:
  Impl(const Options& options, const Clock& clock, observe::Metrics& metrics)
      : enabled_(options.enabled),
        clock_(clock),
        protocol_(options.floors),
        books_(options.book_entries, "book", metrics),
        topics_(options.topic_entries, "topic", metrics),
        bypasses_(metrics.counter("bazar_cache_bypasses_total", "Reads while the cache may not be used")),
        refused_fills_(
            metrics.counter("bazar_cache_refused_fills_total", "Answers that were too old to be cached")),
        invalidations_(metrics.counter("bazar_invalidations_total", "Writes that were approved")),
        refused_invalidations_(metrics.counter("bazar_invalidations_refused_total",
                                               "Invalidations for another incarnation or epoch")),
        flushes_(metrics.counter("bazar_cache_flushes_total", "Times that the whole cache was emptied")) {}

  template <class Change>
  void change_membership(Change change) {
    Flushed flushed;
    const std::lock_guard lock(mutex_);
    const std::string before = protocol_.epoch();
    change(protocol_);
    if (protocol_.epoch() != before) flushed = flush();
  }

  void granted(std::string_view incarnation, const catalog::Grant& grant, SteadyTime sent) {
    change_membership(
        [&](FrontendProtocol& protocol) { protocol.granted(incarnation, grant, sent, clock_.now()); });
  }

  [[nodiscard]] bool has_lease() const {
    const std::lock_guard lock(mutex_);
    return enabled_ && protocol_.has_lease(clock_.now());
  }

  bool invalidate(const catalog::Invalidation& invalidation) {
    Flushed flushed;
    std::vector<std::shared_ptr<const BookEntry>> dropped;
    dropped.reserve(invalidation.books.size());
    const std::lock_guard lock(mutex_);
    const bool approved = protocol_.invalidate(invalidation, clock_.now());
    (approved ? invalidations_ : refused_invalidations_).Increment();
    if (!approved) return false;
    for (const BookId book : invalidation.books) {
      if (auto entry = books_.slots->erase(book)) dropped.push_back(*std::move(entry));
    }
    books_.count_entries();
    if (invalidation.listing) flushed.topics = topics_.take_all();
    return true;
  }

  template <class Kind, class Key, class Object>
  auto find(Kind& shelf, const Key& key, Object object) -> std::decay_t<decltype(*shelf.slots->find(key))> {
    decltype(shelf.slots->erase(key)) dropped;
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.now();
    if (!enabled_ || !protocol_.has_lease(now)) {
      bypasses_.Increment();
      return nullptr;
    }
    if (const auto* entry = shelf.slots->find(key)) {
      if (protocol_.may_serve(object, protocol_.epoch(), (*entry)->as_of, now)) {
        shelf.hits.Increment();
        return *entry;
      }
      dropped = shelf.slots->erase(key);
      shelf.count_entries();
    }
    shelf.misses.Increment();
    return nullptr;
  }

  template <class Kind, class Key, class Entry, class Object>
  bool fill(std::string_view epoch, Kind& shelf, Key key, Entry entry, Object object) {
    if (!enabled_) return false;
    decltype(shelf.slots->put(key, {})) evicted;
    const std::lock_guard lock(mutex_);
    if (!protocol_.may_fill(object, epoch, entry->as_of)) {
      refused_fills_.Increment();
      return false;
    }
    // Both satisfy the floor, so both are right; the later one stays so for longer.
    if (const auto* present = shelf.slots->peek(key); present && (*present)->as_of > entry->as_of)
      return true;
    evicted = shelf.slots->put(std::move(key), std::move(entry));
    if (evicted) shelf.evictions.Increment();
    shelf.count_entries();
    return true;
  }

  template <class Object>
  [[nodiscard]] SharingTerms sharing_terms(Object object) const {
    const std::lock_guard lock(mutex_);
    return protocol_.sharing_terms(object, clock_.now());
  }

  Books& books() { return books_; }
  Topics& topics() { return topics_; }

 private:
  struct Flushed {
    std::unique_ptr<Books::Slots> books;
    std::unique_ptr<Topics::Slots> topics;
  };

  [[nodiscard]] Flushed flush() {
    flushes_.Increment();
    return {books_.take_all(), topics_.take_all()};
  }

  const bool enabled_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  FrontendProtocol protocol_;
  Books books_;
  Topics topics_;
  prometheus::Counter& bypasses_;
  prometheus::Counter& refused_fills_;
  prometheus::Counter& invalidations_;
  prometheus::Counter& refused_invalidations_;
  prometheus::Counter& flushes_;
};

CoherentCache::CoherentCache(Options options, const Clock& clock, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(options, clock, metrics)) {}
CoherentCache::~CoherentCache() = default;

void CoherentCache::begin_incarnation(std::string incarnation) {
  impl_->change_membership(
      [&](FrontendProtocol& protocol) { protocol.begin_incarnation(std::move(incarnation)); });
}
void CoherentCache::end_incarnation() {
  impl_->change_membership([](FrontendProtocol& protocol) { protocol.end_incarnation(); });
}
void CoherentCache::granted(std::string_view incarnation, const catalog::Grant& grant, SteadyTime sent) {
  impl_->granted(incarnation, grant, sent);
}
bool CoherentCache::has_lease() const { return impl_->has_lease(); }
bool CoherentCache::invalidate(const catalog::Invalidation& invalidation) {
  return impl_->invalidate(invalidation);
}

std::shared_ptr<const BookEntry> CoherentCache::find_book(BookId id) {
  return impl_->find(impl_->books(), id, id);
}
std::shared_ptr<const TopicEntry> CoherentCache::find_topic(std::string_view topic) {
  return impl_->find(impl_->topics(), topic, listing);
}

bool CoherentCache::fill(std::string_view epoch, std::shared_ptr<const BookEntry> entry) {
  const BookId id = entry->book.id;
  return impl_->fill(epoch, impl_->books(), id, std::move(entry), id);
}
bool CoherentCache::fill(std::string_view epoch, const std::string& topic,
                         std::shared_ptr<const TopicEntry> entry) {
  return impl_->fill(epoch, impl_->topics(), topic, std::move(entry), listing);
}

SharingTerms CoherentCache::sharing_terms(BookId id) const { return impl_->sharing_terms(id); }
SharingTerms CoherentCache::sharing_terms(Listing) const { return impl_->sharing_terms(listing); }

}  // namespace bazar::frontend
