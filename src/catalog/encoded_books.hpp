#pragma once

#include <expected>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/book.hpp"

namespace bazar::catalog {

/// A book as json::encode writes it, to be sent on as it is, and what has to be known of it for that.
struct EncodedBook {
  BookId id = {};
  Revision version = 0;
  json::Format format = {};    ///< that it is written in: the one of its currency
  std::string_view json = {};  ///< points into memory of somebody else's
};

struct EncodedBatch {
  std::list<std::string> texts;  ///< what the views of `books` point into
  std::vector<EncodedBook> books;
  std::vector<BookId> missing;
};

/// Reads a batch of books (`wire::BookBatch`) in `format`. One that was written by json::encode, as ours are,
/// is looked through once, and its books are pieces of it. Any other is decoded, under the same rules and
/// with the same errors as everywhere, and its books are encoded anew.
[[nodiscard]] std::expected<EncodedBatch, FieldError> read_batch(std::string text,
                                                                 const json::Format& format);

/// The format of a book in this currency.
[[nodiscard]] json::Format format_of(std::string_view currency_code);

}  // namespace bazar::catalog
