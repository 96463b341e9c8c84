#include "frontend/cache/entry.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "json/encode.hpp"

namespace bazar::frontend {
namespace {

struct TopicBody {
  std::string topic;
  std::vector<catalog::BookTitle> books;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(TopicBody, (), (topic, books, next))

/// 64 bits of SHA-256: the listing's version would not do, since the list can stay the same while it rises,
/// and another epoch counts anew.
std::string digest_etag(std::string_view body) { return '"' + sha256_hex(body).substr(0, 16) + '"'; }

}  // namespace

std::shared_ptr<const BookEntry> make_entry(catalog::Book book, Revision as_of) {
  auto entry = std::make_shared<BookEntry>();
  const auto currency = find_currency(book.currency);
  const json::Format format{.money_decimals = currency ? currency->decimals : Currency{}.decimals};
  entry->json = std::make_shared<const std::string>(json::encode(book, format));
  entry->etag = fmt::format("\"{}\"", book.version);
  entry->book = std::move(book);
  entry->as_of = as_of;
  return entry;
}

std::shared_ptr<const TopicEntry> make_entry(std::string topic, const catalog::Page<catalog::Book>& page,
                                             Revision as_of) {
  TopicBody body{.topic = std::move(topic), .books = {}, .next = page.next};
  body.books.reserve(page.items.size());
  for (const catalog::Book& book : page.items) body.books.push_back({book.id, book.title});

  auto entry = std::make_shared<TopicEntry>();
  entry->json = std::make_shared<const std::string>(json::encode(body));
  entry->etag = digest_etag(*entry->json);
  entry->books = std::move(body.books);
  entry->next = std::move(body.next);
  entry->as_of = as_of;
  return entry;
}

}  // namespace bazar::frontend
