#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "frontend/cache/entry.hpp"

namespace bazar::frontend {

/// A look for something: answered at once, or to be awaited. Null is "not there".
template <class T>
struct Lookup {
  std::shared_ptr<const T> found = nullptr;
  std::optional<Task<std::shared_ptr<const T>>> later = std::nullopt;  ///< where set, `found` says nothing
};

/// Where entries are kept, without trust (docs/protocol.md, rule 9): what it returns counts only after the
/// protocol has allowed it. So an implementation may lose, keep, reorder or resurrect whatever it likes, and
/// returns entries of any epoch; that costs time and never a stale answer. It never throws, also not out of
/// `later`: what is wrong with a cache server is a miss. Thread-safe; no call blocks on I/O.
class Storage {
 public:
  virtual ~Storage() = default;

  /// Whether asking is worth while. False while a cache server is out of order: reads then bypass the cache.
  [[nodiscard]] virtual bool usable() const = 0;

  /// `later` takes a few tens of milliseconds at the most, and resumes on the loop that awaits it. It is done
  /// when `stop` has returned; the storage outlives it.
  [[nodiscard]] virtual Lookup<BookEntry> find(BookId id) = 0;
  [[nodiscard]] virtual Lookup<TopicEntry> find(std::string_view topic) = 0;

  /// Not waited for, and bounded in number: it may come to nothing.
  virtual void put(std::shared_ptr<const BookEntry> entry) = 0;
  virtual void put(std::string topic, std::shared_ptr<const TopicEntry> entry) = 0;

  /// As `put`, but only in place: where the book is kept, or was until a write outdated it. False: it was
  /// not. A cache server is not waited for, so that true is only a maybe.
  virtual bool refresh(std::shared_ptr<const BookEntry> entry) = 0;

  // Hints that save room and time; correctness needs none of them.
  /// From now on entries of this epoch are asked for; those of others are void.
  virtual void enter_epoch(std::string_view epoch) = 0;
  /// Entries of these books read before `revision` will not be served again. Those books that `refresh` would
  /// find in place, as far as that is known: at most all of them.
  virtual std::vector<BookId> outdated(std::span<const BookId> books, Revision revision) = 0;
  virtual void topics_outdated() = 0;
  /// The protocol has refused to serve this, which `find` returned.
  virtual void refused(BookId id, const BookEntry& entry) = 0;
  virtual void refused(std::string_view topic, const TopicEntry& entry) = 0;

  /// Answers every lookup under way with null, and from now on each at once. Before the loops of those who
  /// wait end.
  virtual void stop() = 0;
};

}  // namespace bazar::frontend
