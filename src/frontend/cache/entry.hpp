#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/book.hpp"
#include "catalog/store.hpp"

namespace bazar::frontend {

/// One book as the cache keeps it. Immutable and shared: the bytes of its JSON are ready to send.
struct BookEntry {
  catalog::Book book;
  Revision as_of = 0;                       ///< revision of the snapshot that it was read in
  std::shared_ptr<const std::string> json;  ///< body of `GET /info/{id}`
  std::string etag;                         ///< of that body, with its quotes
};

/// The first page of a topic's titles, as `GET /search/{topic}` shows it.
struct TopicTitles {
  std::string topic;
  std::vector<catalog::BookTitle> books;
  std::optional<std::string> next;  ///< where there are more than a page
};
BOOST_DESCRIBE_STRUCT(TopicTitles, (), (topic, books, next))

/// That page as the cache keeps it.
struct TopicEntry {
  std::vector<catalog::BookTitle> books;
  std::optional<std::string> next;  ///< where there are more than a page
  Revision as_of = 0;
  std::shared_ptr<const std::string> json;  ///< body of `GET /search/{topic}`
  std::string etag;                         ///< a digest of that body
};

/// Body and ETag, a book's version or a digest of the titles, are made here once for all who will be sent
/// them.
[[nodiscard]] std::shared_ptr<const BookEntry> make_entry(catalog::Book book, Revision as_of);
[[nodiscard]] std::shared_ptr<const TopicEntry> make_entry(TopicTitles titles, Revision as_of);
[[nodiscard]] std::shared_ptr<const TopicEntry> make_entry(std::string topic,
                                                           const catalog::Page<catalog::Book>& page,
                                                           Revision as_of);

}  // namespace bazar::frontend
