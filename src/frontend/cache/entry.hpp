#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/book.hpp"
#include "catalog/encoded_books.hpp"
#include "catalog/store.hpp"
#include "http/message.hpp"

namespace bazar::frontend {

/// An epoch's name, of 32 characters in our databases. Within the entry itself, since every hit compares it.
class Epoch {
 public:
  static constexpr std::size_t max_size = 39;

  Epoch() = default;
  /// A name that is too long is taken for none, so that what bears it is never cached.
  explicit Epoch(std::string_view name)
      : size_(name.size() <= max_size ? static_cast<std::uint8_t>(name.size()) : 0) {
    std::copy_n(name.data(), size_, text_.data());  // NOLINT(bugprone-suspicious-stringview-data-usage)
  }
  [[nodiscard]] std::string_view name() const { return {text_.data(), size_}; }
  friend bool operator==(const Epoch& a, const Epoch& b) { return a.name() == b.name(); }
  friend bool operator==(const Epoch& a, std::string_view b) { return a.name() == b; }

 private:
  std::uint8_t size_ = 0;
  std::array<char, max_size> text_{};
};

/// What the protocol judges an entry by: the snapshot that it was read in.
struct ReadIn {
  Epoch epoch;
  Revision as_of = 0;
};

/// One book as the cache keeps it. Immutable and shared: the answer to a hit is ready to send.
struct BookEntry : ReadIn {
  BookId id;
  json::Format format;                        ///< of the JSON in `hit`
  std::optional<http::PreparedResponse> hit;  ///< set by `make_entry`: of `GET /info/{id}` in JSON

  /// Read from the JSON: for pages and cache servers.
  [[nodiscard]] catalog::Book book() const;
};

/// The first page of a topic's titles, as `GET /search/{topic}` shows it.
struct TopicTitles {
  std::string topic;
  std::vector<catalog::BookTitle> books;
  std::optional<std::string> next;  ///< where there are more than a page
};
BOOST_DESCRIBE_STRUCT(TopicTitles, (), (topic, books, next))

/// That page as the cache keeps it.
struct TopicEntry : ReadIn {
  std::optional<http::PreparedResponse> hit;  ///< set by `make_entry`: of `GET /search/{topic}` in JSON
  std::vector<catalog::BookTitle> books;
  std::optional<std::string> next;  ///< where there are more than a page
};

/// The answer with its ETag, a book's version or a digest of the titles, is made here once for all who will
/// be sent it.
[[nodiscard]] std::shared_ptr<const BookEntry> make_entry(const catalog::EncodedBook& book,
                                                          std::string_view epoch, Revision as_of);
[[nodiscard]] std::shared_ptr<const BookEntry> make_entry(const catalog::Book& book, std::string_view epoch,
                                                          Revision as_of);
[[nodiscard]] std::shared_ptr<const TopicEntry> make_entry(TopicTitles titles, std::string_view epoch,
                                                           Revision as_of);
[[nodiscard]] std::shared_ptr<const TopicEntry> make_entry(std::string topic,
                                                           const catalog::Page<catalog::Book>& page,
                                                           std::string_view epoch, Revision as_of);

}  // namespace bazar::frontend
