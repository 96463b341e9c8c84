#pragma once

#include <string>
#include <unordered_map>

#include "catalog/writes/batch_changes.hpp"

namespace bazar::catalog {

/// Books as the writer last read or left them, so that a batch need not read each from its rows. Bounded; one
/// thread at a time.
///
/// Its books are those of the epoch and revision that were committed when they were added. A batch begins
/// with those of the database, read in its own transaction behind the writers' lock, and a cache of others is
/// void. That is enough:
/// - *Nobody changes a book and leaves the revision.* Whoever writes books or stock raises it in the same
///   transaction, behind the same lock: WriteBatch gives each change a version above it, and it leaves the
///   highest. So a batch of another process shows, and no two that change books leave the same revision.
///   `bazar copy` fills a database that has no books, whatever a cache holds of it. A migration that changes
///   books must raise it too.
/// - *A revision comes twice only in two epochs.* A server that was promoted, restored or started anew may be
///   back at a revision and go on from there with other books; it has another epoch (docs/protocol.md).
/// - *What was not committed is not in it.* Books are added as they were before the batch. What a batch made
///   of them follows with `committed`: after a COMMIT that was answered, or cut off and found to be done. One
///   that was rolled back leaves the database where the cache is; one of unknown fate there or further on.
class BookCache {
 public:
  /// A batch begins and finds the database at this revision of this epoch.
  void begin(const std::string& epoch, Revision revision) {
    if (revision == revision_ && epoch == epoch_ && books_.size() < max_books) return;
    books_.clear();
    epoch_ = epoch;
    revision_ = revision;
  }

  /// Null: not known.
  [[nodiscard]] const Book* find(BookId id) const {
    const auto place = books_.find(id);
    return place == books_.end() ? nullptr : &place->second;
  }

  /// As it was committed before the batch.
  void add(const Book& book) { books_.emplace(book.id, book); }

  /// The batch that began is committed.
  void committed(const BatchChanges& changes, Revision revision) {
    for (const BatchChanges::ChangedBook& changed : changes.books) {
      const auto place = books_.find(changed.book.id);
      if (place == books_.end()) continue;
      if (!changed.exists || changed.edited) {
        books_.erase(place);
      } else {
        place->second.quantity = changed.book.quantity;
        place->second.version = changed.book.version;
      }
    }
    revision_ = revision;
  }

 private:
  static constexpr std::size_t max_books = 16'384;  ///< about 16 MB of usual ones

  std::unordered_map<BookId, Book> books_;
  std::string epoch_;
  Revision revision_ = 0;
};

}  // namespace bazar::catalog
