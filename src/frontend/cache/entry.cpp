#include "frontend/cache/entry.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "json/encode.hpp"

namespace bazar::frontend {
namespace {

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
  TopicTitles titles{.topic = std::move(topic), .books = {}, .next = page.next};
  titles.books.reserve(page.items.size());
  for (const catalog::Book& book : page.items) titles.books.push_back({book.id, book.title});
  return make_entry(std::move(titles), as_of);
}

std::shared_ptr<const TopicEntry> make_entry(TopicTitles titles, Revision as_of) {
  auto entry = std::make_shared<TopicEntry>();
  entry->json = std::make_shared<const std::string>(json::encode(titles));
  entry->etag = digest_etag(*entry->json);
  entry->books = std::move(titles.books);
  entry->next = std::move(titles.next);
  entry->as_of = as_of;
  return entry;
}

}  // namespace bazar::frontend
