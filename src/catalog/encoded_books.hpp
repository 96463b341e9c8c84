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

/// Not copied: the views would be of the first one's texts.
struct EncodedBatch {
  EncodedBatch() = default;
  EncodedBatch(EncodedBatch&&) = default;
  EncodedBatch& operator=(EncodedBatch&&) = default;

  std::list<std::string> texts;    ///< what the views of `books` point into
  std::vector<EncodedBook> books;  ///< in the order asked for, each once
  std::vector<BookId> missing;
};

/// Reads a batch of books (`wire::BookBatch`) in `format`. One that was written by json::encode, as ours are,
/// is looked through once, and its books are pieces of it. Any other is decoded, under the same rules and
/// with the same errors as everywhere, and its books are encoded anew.
[[nodiscard]] std::expected<EncodedBatch, FieldError> read_batch(std::string text,
                                                                 const json::Format& format);

/// What json::encode makes of the batch as a `wire::BookBatch`.
[[nodiscard]] std::string write_batch(const EncodedBatch& batch);

/// Adds `book`, encoded in `format`.
void append(EncodedBatch& batch, const Book& book, const json::Format& format);

/// Whether this is an array of strings as json::encode writes it. Where false, it may be one in another form.
[[nodiscard]] bool is_encoded_strings(std::string_view text);

/// The format of a book in this currency.
[[nodiscard]] json::Format format_of(std::string_view currency_code);

}  // namespace bazar::catalog
