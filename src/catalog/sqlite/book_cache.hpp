#pragma once

#include <unordered_map>

#include "catalog/writes/batch_changes.hpp"

namespace bazar::catalog {

/// Books as the writer last read or left them, so that a batch of sales need not read each from its rows. No
/// book changes without the revision: while the database is at the one that this process left there, nobody
/// else has written. Bounded; one thread.
class BookCache {
 public:
  /// A batch begins and finds the database at `revision`.
  void begin(Revision revision) {
    if (revision == revision_ && books_.size() < max_books) return;
    books_.clear();
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
  Revision revision_ = 0;
};

}  // namespace bazar::catalog
