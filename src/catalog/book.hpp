#pragma once

#include <boost/describe/class.hpp>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"
#include "json/types.hpp"

namespace bazar::catalog {

inline constexpr std::size_t max_title_bytes = 512;
inline constexpr std::size_t max_topic_bytes = 512;
inline constexpr std::size_t max_authors = 100;
inline constexpr std::size_t max_description_bytes = 16 * 1024;
inline constexpr std::size_t max_language_bytes = 35;
inline constexpr std::int64_t max_stock = 1'000'000'000;

/// A book as the store keeps and shows it.
struct Book {
  BookId id;
  std::string title;
  std::string topic;
  Money price;
  std::string currency;
  std::int64_t quantity = 0;  ///< in stock, 0 … max_stock
  Revision version = 0;       ///< the revision of its last change
  std::optional<std::vector<std::string>> authors;
  std::optional<std::string> isbn;  ///< ISBN-13, digits only
  std::optional<int> year;          ///< negative: BCE
  std::optional<std::string> language;
  std::optional<std::string> description;
  friend bool operator==(const Book&, const Book&) = default;
};
BOOST_DESCRIBE_STRUCT(Book, (),
                      (id, title, topic, price, currency, quantity, version, authors, isbn, year, language,
                       description))

/// A book in a list of titles.
struct BookTitle {
  BookId id;
  std::string title;
  friend bool operator==(const BookTitle&, const BookTitle&) = default;
};
BOOST_DESCRIBE_STRUCT(BookTitle, (), (id, title))

/// A book as a client writes it, with POST or PUT. `id`, `currency` and `version` are optional; where present
/// they must match.
struct BookDraft {
  std::optional<BookId> id;
  std::string title;
  std::string topic;
  Money price;
  std::optional<std::string> currency;
  std::int64_t quantity = 0;
  std::optional<Revision> version;
  std::optional<std::vector<std::string>> authors;
  std::optional<std::string> isbn;
  std::optional<int> year;
  std::optional<std::string> language;
  std::optional<std::string> description;
  friend bool operator==(const BookDraft&, const BookDraft&) = default;
};
BOOST_DESCRIBE_STRUCT(BookDraft, (),
                      (id, title, topic, price, currency, quantity, version, authors, isbn, year, language,
                       description))

/// A merge patch of a book (RFC 7396). Null removes an optional member; the others cannot be null.
struct BookPatch {
  std::optional<BookId> id;
  std::optional<std::string> title;
  std::optional<std::string> topic;
  std::optional<Money> price;
  std::optional<std::string> currency;
  std::optional<std::int64_t> quantity;
  std::optional<Revision> version;
  json::Patch<std::vector<std::string>> authors;
  json::Patch<std::string> isbn;
  json::Patch<int> year;
  json::Patch<std::string> language;
  json::Patch<std::string> description;
};
BOOST_DESCRIBE_STRUCT(BookPatch, (),
                      (id, title, topic, price, currency, quantity, version, authors, isbn, year, language,
                       description))

struct Topic {
  std::string topic;
  std::int64_t books = 0;
  friend bool operator==(const Topic&, const Topic&) = default;
};
BOOST_DESCRIBE_STRUCT(Topic, (), (topic, books))

/// Checks every value of a draft or patch against the bounds above: texts non-empty, within their limits,
/// without control characters; ISBN-13 with a right check digit; quantity; year −9999 … 9999; language a BCP
/// 47 tag of at most 35 characters.
[[nodiscard]] std::expected<void, FieldError> validate(const BookDraft& draft, const Currency& currency);
[[nodiscard]] std::expected<void, FieldError> validate(const BookPatch& patch, const Currency& currency);

/// What `patch` makes of `book`. Id, version and currency stay.
[[nodiscard]] Book apply(const BookPatch& patch, Book book);

[[nodiscard]] bool is_isbn13(std::string_view digits);

}  // namespace bazar::catalog
