#pragma once

#include <mutex>

#include "frontend/cache/lru_cache.hpp"
#include "frontend/cache/storage.hpp"
#include "observe/metrics.hpp"

namespace bazar::frontend {

/// Entries in this process's memory: what was used longest ago goes first. Answers at once, without an
/// allocation.
///
/// One lock for all: a lookup holds it for some tens of nanoseconds, and a strict order of use over all keys
/// is what a small cache is judged by. What a call drops is destroyed after the lock is let go.
class LruStorage final : public Storage {
 public:
  struct Options {
    std::size_t book_entries = 100'000;
    std::size_t topic_entries = 1'000;
  };
  LruStorage(Options options, observe::Metrics& metrics);

  [[nodiscard]] bool usable() const override { return true; }
  [[nodiscard]] Lookup<BookEntry> find(BookId id) override;
  [[nodiscard]] Lookup<TopicEntry> find(std::string_view topic) override;
  void put(std::shared_ptr<const BookEntry> entry) override;
  void put(std::string topic, std::shared_ptr<const TopicEntry> entry) override;
  bool refresh(std::shared_ptr<const BookEntry> entry) override;
  void enter_epoch(std::string_view epoch) override;
  std::vector<BookId> outdated(std::span<const BookId> books, Revision revision) override;
  void topics_outdated() override;
  void refused(BookId id, const BookEntry& entry) override;
  void refused(std::string_view topic, const TopicEntry& entry) override;
  void stop() override {}

 private:
  /// The entries of one kind, and what is counted of them. A slot that a write outdated stays in its place,
  /// empty, until it is filled, refreshed or its turn to go has come: so a refresh knows what is read here.
  template <class Key, class Entry, class Hash>
  struct Shelf {
    using Value = std::shared_ptr<const Entry>;
    using Slots = LruCache<Key, Value, Hash>;

    Shelf(std::size_t capacity, const std::string& kind, observe::Metrics& metrics);
    void count_entries();
    /// Changes a slot's value in place and hands out the former one.
    Value exchange(Value& slot, Value value);
    /// Empties the shelf at once. What was on it is the caller's, to be destroyed where nobody waits.
    [[nodiscard]] std::unique_ptr<Slots> take_all();

    prometheus::Counter& evictions;
    prometheus::Gauge& entries;
    std::unique_ptr<Slots> slots;
    std::size_t empty_slots = 0;
  };
  using Books = Shelf<BookId, BookEntry, std::hash<BookId>>;
  using Topics = Shelf<std::string, TopicEntry, TextHash>;

  template <class Kind, class Key>
  auto find_on(Kind& shelf, const Key& key);
  template <class Kind, class Key, class Value>
  void put_on(Kind& shelf, Key key, Value entry);
  template <class Kind, class Key, class Entry>
  void drop_from(Kind& shelf, const Key& key, const Entry& entry);

  std::mutex mutex_;
  Books books_;
  Topics topics_;
};

}  // namespace bazar::frontend
