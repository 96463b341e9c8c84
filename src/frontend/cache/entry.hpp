#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/book.hpp"

namespace bazar::frontend {

/// One book as the cache keeps it. Immutable and shared: the bytes of its JSON are ready to send.
struct BookEntry {
  catalog::Book book;
  Revision as_of = 0;  ///< revision of the snapshot that it was read in
  std::shared_ptr<const std::string> json;  ///< body of `GET /info/{id}`
  std::string etag;                         ///< of that body, with its quotes
};

/// The first page of a topic's titles.
struct TopicEntry {
  std::vector<catalog::BookTitle> books;
  std::optional<std::string> next;  ///< where there are more than a page
  Revision as_of = 0;
  std::shared_ptr<const std::string> json;  ///< body of `GET /search/{topic}`
  std::string etag;
};

}  // namespace bazar::frontend
