#include "frontend/coherence/coherent_cache.hpp"

#include <prometheus/counter.h>

#include <mutex>

#include "frontend/cache/lru_storage.hpp"

namespace bazar::frontend {
namespace {

/// What is counted of one kind of entry.
struct KindCounters {
  KindCounters(const std::string& kind, observe::Metrics& metrics)
      : hits(metrics.counter("bazar_cache_hits_total", "Reads answered from the cache", {{"kind", kind}})),
        misses(metrics.counter("bazar_cache_misses_total", "Reads that found no entry they may use",
                               {{"kind", kind}})),
        refused(metrics.counter("bazar_cache_refused_hits_total",
                                "Entries that were found but too old to be served, or of another epoch",
                                {{"kind", kind}})) {}
  prometheus::Counter& hits;
  prometheus::Counter& misses;
  prometheus::Counter& refused;
};

/// A key that a coroutine may keep.
BookId kept(BookId id) { return id; }
std::string kept(std::string_view topic) { return std::string(topic); }

std::unique_ptr<Storage> memory(const CoherentCache::Options& options, observe::Metrics& metrics) {
  if (!options.enabled) return nullptr;
  return std::make_unique<LruStorage>(
      LruStorage::Options{.book_entries = options.book_entries, .topic_entries = options.topic_entries},
      metrics);
}

}  // namespace

class CoherentCache::Impl {
 public:
  Impl(std::unique_ptr<Storage> storage, std::size_t floors, const Clock& clock, observe::Metrics& metrics)
      : clock_(clock),
        storage_(std::move(storage)),
        protocol_(floors),
        books_("book", metrics),
        topics_("topic", metrics),
        bypasses_(metrics.counter("bazar_cache_bypasses_total", "Reads while the cache may not be used")),
        refused_fills_(
            metrics.counter("bazar_cache_refused_fills_total", "Answers that were too old to be cached")),
        refreshes_(metrics.counter("bazar_cache_refreshes_total",
                                   "Entries brought up to date by a catalog after a commit")),
        invalidations_(metrics.counter("bazar_invalidations_total", "Writes that were approved")),
        refused_invalidations_(metrics.counter("bazar_invalidations_refused_total",
                                               "Invalidations for another incarnation or epoch")),
        flushes_(metrics.counter("bazar_cache_flushes_total", "Times that the whole cache was emptied")) {}

  template <class Change>
  void change_membership(Change change) {
    // In one piece, so that the storage learns of epochs in their order.
    const std::lock_guard membership(membership_mutex_);
    std::string epoch;
    {
      const std::lock_guard lock(mutex_);
      const std::string before = protocol_.epoch();
      change(protocol_);
      if (protocol_.epoch() == before) return;
      epoch = protocol_.epoch();
    }
    flushes_.Increment();
    if (storage_) storage_->enter_epoch(epoch);
  }

  void granted(std::string_view incarnation, const catalog::Grant& grant, SteadyTime sent) {
    change_membership(
        [&](FrontendProtocol& protocol) { protocol.granted(incarnation, grant, sent, clock_.now()); });
  }

  [[nodiscard]] bool in_use() const {
    if (!storage_ || !storage_->usable()) return false;
    const std::lock_guard lock(mutex_);
    return protocol_.has_lease(clock_.now());
  }

  std::optional<std::vector<BookId>> invalidate(const catalog::Invalidation& invalidation) {
    bool approved = false;
    change_membership(
        [&](FrontendProtocol& protocol) { approved = protocol.invalidate(invalidation, clock_.now()); });
    (approved ? invalidations_ : refused_invalidations_).Increment();
    if (!approved) return std::nullopt;
    if (!storage_) return std::vector<BookId>{};
    if (invalidation.listing) storage_->topics_outdated();
    return storage_->outdated(invalidation.books, invalidation.revision);
  }

  Lookup<BookEntry> look_up(BookId id) { return look_up<BookEntry>(books_, id, id); }
  Lookup<TopicEntry> look_up(std::string_view topic) { return look_up<TopicEntry>(topics_, topic, listing); }

  template <class Key, class Entry, class Object>
  bool fill(Key key, std::shared_ptr<const Entry> entry, Object object) {
    if (!storage_) return false;
    {
      const std::lock_guard lock(mutex_);
      if (!protocol_.may_fill(object, entry->epoch.name(), entry->as_of)) {
        refused_fills_.Increment();
        return false;
      }
    }
    if constexpr (std::is_same_v<Key, BookId>)
      storage_->put(std::move(entry));
    else
      storage_->put(std::move(key), std::move(entry));
    return true;
  }

  bool refresh(std::shared_ptr<const BookEntry> entry) {
    if (!storage_) return false;
    {
      const std::lock_guard lock(mutex_);
      if (!protocol_.may_fill(entry->id, entry->epoch.name(), entry->as_of)) return false;
    }
    const bool in_place = storage_->refresh(std::move(entry));
    if (in_place) refreshes_.Increment();
    return in_place;
  }

  template <class Object>
  [[nodiscard]] SharingTerms sharing_terms(Object object) const {
    const std::lock_guard lock(mutex_);
    return protocol_.sharing_terms(object, clock_.now());
  }

  void stop() {
    if (storage_) storage_->stop();
  }

 private:
  template <class Entry, class Key, class Object>
  Lookup<Entry> look_up(KindCounters& counters, Key key, Object object) {
    if (!storage_ || !storage_->usable()) {
      bypasses_.Increment();
      return {};
    }
    auto lookup = storage_->find(key);
    if (!lookup.later) return {judge<Entry>(counters, key, object, std::move(lookup.found))};
    if (!in_use()) {  // spares the server a question whose answer could not be used
      bypasses_.Increment();
      return {};
    }
    return {nullptr, judge_later<Entry>(counters, kept(key), object, *std::move(lookup.later))};
  }

  template <class Entry, class Key, class Object>
  Task<std::shared_ptr<const Entry>> judge_later(KindCounters& counters, Key key, Object object,
                                                 Task<std::shared_ptr<const Entry>> later) {
    co_return judge<Entry>(counters, key, object, co_await std::move(later));
  }

  /// Rule 4, at an instant after the storage has answered.
  template <class Entry, class Key, class Object>
  std::shared_ptr<const Entry> judge(KindCounters& counters, const Key& key, Object object,
                                     std::shared_ptr<const Entry> entry) {
    switch (verdict(object, entry.get())) {
      case Verdict::bypass:
        bypasses_.Increment();
        return nullptr;
      case Verdict::absent:
        break;
      case Verdict::refused:
        counters.refused.Increment();
        storage_->refused(key, *entry);
        break;
      case Verdict::served:
        counters.hits.Increment();
        return entry;
    }
    counters.misses.Increment();
    return nullptr;
  }

  enum class Verdict : std::uint8_t { bypass, absent, refused, served };

  template <class Entry, class Object>
  [[nodiscard]] Verdict verdict(Object object, const Entry* entry) const {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.now();
    if (!protocol_.has_lease(now)) return Verdict::bypass;
    if (!entry) return Verdict::absent;
    const bool may = protocol_.may_serve(object, entry->epoch.name(), entry->as_of, now);
    return may ? Verdict::served : Verdict::refused;
  }

  const Clock& clock_;
  const std::unique_ptr<Storage> storage_;
  std::mutex membership_mutex_;
  mutable std::mutex mutex_;
  FrontendProtocol protocol_;
  KindCounters books_;
  KindCounters topics_;
  prometheus::Counter& bypasses_;
  prometheus::Counter& refused_fills_;
  prometheus::Counter& refreshes_;
  prometheus::Counter& invalidations_;
  prometheus::Counter& refused_invalidations_;
  prometheus::Counter& flushes_;
};

CoherentCache::CoherentCache(Options options, const Clock& clock, observe::Metrics& metrics)
    : CoherentCache(memory(options, metrics), options.floors, clock, metrics) {}
CoherentCache::CoherentCache(std::unique_ptr<Storage> storage, std::size_t floors, const Clock& clock,
                             observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(storage), floors, clock, metrics)) {}
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
bool CoherentCache::has_lease() const { return impl_->in_use(); }
std::optional<std::vector<BookId>> CoherentCache::invalidate(const catalog::Invalidation& invalidation) {
  return impl_->invalidate(invalidation);
}

Lookup<BookEntry> CoherentCache::look_up(BookId id) { return impl_->look_up(id); }
Lookup<TopicEntry> CoherentCache::look_up(std::string_view topic) { return impl_->look_up(topic); }

bool CoherentCache::fill(std::shared_ptr<const BookEntry> entry) {
  const BookId id = entry->id;
  return impl_->fill(id, std::move(entry), id);
}
bool CoherentCache::fill(const std::string& topic, std::shared_ptr<const TopicEntry> entry) {
  return impl_->fill(topic, std::move(entry), listing);
}

bool CoherentCache::refresh(std::shared_ptr<const BookEntry> entry) {
  return impl_->refresh(std::move(entry));
}

SharingTerms CoherentCache::sharing_terms(BookId id) const { return impl_->sharing_terms(id); }
SharingTerms CoherentCache::sharing_terms(Listing) const { return impl_->sharing_terms(listing); }
void CoherentCache::stop() { impl_->stop(); }

}  // namespace bazar::frontend
