#include "frontend/cache/lru_storage.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <vector>

namespace bazar::frontend {
namespace {

template <class Entry>
std::shared_ptr<const Stored<Entry>> stored_of(std::string_view epoch, std::shared_ptr<const Entry> entry) {
  return std::make_shared<const Stored<Entry>>(std::string(epoch), std::move(entry));
}

template <class Entry>
bool is_later(const std::shared_ptr<const Stored<Entry>>& present, const Stored<Entry>& other) {
  return present && present->epoch == other.epoch && present->entry->as_of > other.entry->as_of;
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
  const auto* stored = shelf.slots->find(key);
  return stored ? *stored : nullptr;
}

template <class Kind, class Key, class Value>
void LruStorage::put_on(Kind& shelf, Key key, Value stored) {
  Value replaced;
  decltype(shelf.slots->put(key, stored)) evicted;
  const std::lock_guard lock(mutex_);
  if (Value* slot = shelf.slots->find(key)) {
    // Where both may be served, the later one may be for longer.
    if (is_later(*slot, *stored)) return;
    replaced = shelf.exchange(*slot, std::move(stored));
  } else {
    evicted = shelf.slots->put(std::move(key), std::move(stored));
    if (evicted && evicted->second) shelf.evictions.Increment();
    if (evicted && !evicted->second) --shelf.empty_slots;
  }
  shelf.count_entries();
}

template <class Kind, class Key, class Entry>
void LruStorage::drop_from(Kind& shelf, const Key& key, const Stored<Entry>& stored) {
  std::optional<std::shared_ptr<const Stored<Entry>>> dropped;
  const std::lock_guard lock(mutex_);
  // A good one may have taken its place meanwhile.
  const auto* present = shelf.slots->peek(key);
  if (!present || present->get() != &stored) return;
  dropped = shelf.slots->erase(key);
  shelf.count_entries();
}

Lookup<Stored<BookEntry>> LruStorage::find(BookId id) { return {find_on(books_, id)}; }
Lookup<Stored<TopicEntry>> LruStorage::find(std::string_view topic) { return {find_on(topics_, topic)}; }

void LruStorage::put(std::string_view epoch, std::shared_ptr<const BookEntry> entry) {
  const BookId id = entry->book.id;
  put_on(books_, id, stored_of(epoch, std::move(entry)));
}
void LruStorage::put(std::string_view epoch, std::string topic, std::shared_ptr<const TopicEntry> entry) {
  put_on(topics_, std::move(topic), stored_of(epoch, std::move(entry)));
}

bool LruStorage::refresh(std::string_view epoch, std::shared_ptr<const BookEntry> entry) {
  const BookId id = entry->book.id;
  auto stored = stored_of(epoch, std::move(entry));
  Books::Value replaced;
  const std::lock_guard lock(mutex_);
  Books::Value* slot = books_.slots->peek(id);  // a refresh is no use: the order stays
  if (!slot) return false;
  if (!is_later(*slot, *stored)) replaced = books_.exchange(*slot, std::move(stored));
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

void LruStorage::outdated(std::span<const BookId> books, Revision revision) {
  std::vector<std::shared_ptr<const Stored<BookEntry>>> dropped;
  dropped.reserve(books.size());
  const std::lock_guard lock(mutex_);
  for (const BookId book : books) {
    Books::Value* slot = books_.slots->peek(book);
    if (slot && *slot && (*slot)->entry->as_of < revision) dropped.push_back(books_.exchange(*slot, nullptr));
  }
  books_.count_entries();
}

void LruStorage::topics_outdated() {
  std::unique_ptr<Topics::Slots> topics;
  const std::lock_guard lock(mutex_);
  topics = topics_.take_all();
}

void LruStorage::refused(BookId id, const Stored<BookEntry>& stored) { drop_from(books_, id, stored); }
void LruStorage::refused(std::string_view topic, const Stored<TopicEntry>& stored) {
  drop_from(topics_, topic, stored);
}

}  // namespace bazar::frontend
