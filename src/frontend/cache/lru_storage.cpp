#include "frontend/cache/lru_storage.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <vector>

namespace bazar::frontend {
namespace {

template <class Entry>
bool is_later(const std::shared_ptr<const Entry>& present, const Entry& other) {
  return present && present->epoch == other.epoch && present->as_of > other.as_of;
}

}  // namespace

template <class Key, class Entry, class Hash>
LruStorage::Shelf<Key, Entry, Hash>::Shelf(std::size_t capacity, const std::string& kind,
                                           observe::Metrics& metrics)
    : evictions(metrics.counter("bazar_cache_evictions_total", "Entries that went for lack of room",
                                {{"kind", kind}})),
      entries(metrics.gauge("bazar_cache_entries", "Entries in this process's cache", {{"kind", kind}})),
      slots(std::make_unique<Slots>(capacity)) {}

template <class Key, class Entry, class Hash>
void LruStorage::Shelf<Key, Entry, Hash>::count_entries() {
  entries.Set(static_cast<double>(slots->size() - empty_slots));
}

template <class Key, class Entry, class Hash>
auto LruStorage::Shelf<Key, Entry, Hash>::exchange(Value& slot, Value value) -> Value {
  if (!slot) --empty_slots;
  if (!value) ++empty_slots;
  return std::exchange(slot, std::move(value));
}

template <class Key, class Entry, class Hash>
auto LruStorage::Shelf<Key, Entry, Hash>::take_all() -> std::unique_ptr<Slots> {
  auto taken = std::exchange(slots, std::make_unique<Slots>(slots->capacity()));
  empty_slots = 0;
  count_entries();
  return taken;
}

LruStorage::LruStorage(Options options, observe::Metrics& metrics)
    : books_(options.book_entries, "book", metrics), topics_(options.topic_entries, "topic", metrics) {}

template <class Kind, class Key>
auto LruStorage::find_on(Kind& shelf, const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto* slot = shelf.slots->find(key);
  return slot ? *slot : nullptr;
}

template <class Kind, class Key, class Value>
void LruStorage::put_on(Kind& shelf, Key key, Value entry) {
  Value replaced;
  decltype(shelf.slots->put(key, entry)) evicted;
  const std::lock_guard lock(mutex_);
  if (Value* slot = shelf.slots->find(key)) {
    // Where both may be served, the later one may be for longer.
    if (is_later(*slot, *entry)) return;
    replaced = shelf.exchange(*slot, std::move(entry));
  } else {
    evicted = shelf.slots->put(std::move(key), std::move(entry));
    if (evicted && evicted->second) shelf.evictions.Increment();
    if (evicted && !evicted->second) --shelf.empty_slots;
  }
  shelf.count_entries();
}

template <class Kind, class Key, class Entry>
void LruStorage::drop_from(Kind& shelf, const Key& key, const Entry& entry) {
  std::optional<std::shared_ptr<const Entry>> dropped;
  const std::lock_guard lock(mutex_);
  // A good one may have taken its place meanwhile.
  const auto* present = shelf.slots->peek(key);
  if (!present || present->get() != &entry) return;
  dropped = shelf.slots->erase(key);
  shelf.count_entries();
}

Lookup<BookEntry> LruStorage::find(BookId id) { return {find_on(books_, id)}; }
Lookup<TopicEntry> LruStorage::find(std::string_view topic) { return {find_on(topics_, topic)}; }

void LruStorage::put(std::shared_ptr<const BookEntry> entry) {
  const BookId id = entry->id;
  put_on(books_, id, std::move(entry));
}
void LruStorage::put(std::string topic, std::shared_ptr<const TopicEntry> entry) {
  put_on(topics_, std::move(topic), std::move(entry));
}

bool LruStorage::refresh(std::shared_ptr<const BookEntry> entry) {
  Books::Value replaced;
  const std::lock_guard lock(mutex_);
  Books::Value* slot = books_.slots->peek(entry->id);  // a refresh is no use: the order stays
  if (!slot) return false;
  if (!is_later(*slot, *entry)) replaced = books_.exchange(*slot, std::move(entry));
  books_.count_entries();
  return true;
}

void LruStorage::enter_epoch(std::string_view /* whatever it is, all that is here is void */) {
  std::unique_ptr<Books::Slots> books;
  std::unique_ptr<Topics::Slots> topics;
  const std::lock_guard lock(mutex_);
  books = books_.take_all();
  topics = topics_.take_all();
}

std::vector<BookId> LruStorage::outdated(std::span<const BookId> books, Revision revision) {
  std::vector<Books::Value> dropped;
  std::vector<BookId> in_place;
  const std::lock_guard lock(mutex_);
  for (const BookId book : books) {
    Books::Value* slot = books_.slots->peek(book);
    if (!slot) continue;
    in_place.push_back(book);
    if (*slot && (*slot)->as_of < revision) dropped.push_back(books_.exchange(*slot, nullptr));
  }
  books_.count_entries();
  return in_place;
}

void LruStorage::topics_outdated() {
  std::unique_ptr<Topics::Slots> topics;
  const std::lock_guard lock(mutex_);
  topics = topics_.take_all();
}

void LruStorage::refused(BookId id, const BookEntry& entry) { drop_from(books_, id, entry); }
void LruStorage::refused(std::string_view topic, const TopicEntry& entry) {
  drop_from(topics_, topic, entry);
}

}  // namespace bazar::frontend
