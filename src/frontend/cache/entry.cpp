#include "frontend/cache/entry.hpp"

#include <fmt/format.h>

#include "base/assert.hpp"
#include "base/digest.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::frontend {
namespace {

/// 64 bits of SHA-256: the listing's version would not do, since the list can stay the same while it rises,
/// and another epoch counts anew.
std::string digest_etag(std::string_view body) { return '"' + sha256_hex(body).substr(0, 16) + '"'; }

http::PreparedResponse answer_to_hit(std::string_view body, std::string_view etag) {
  static const http::Fields fields = [] {
    http::Fields of_every_hit;
    // Kept by the client, but asked about each time: what was true a moment ago may not be served again.
    of_every_hit.set("Cache-Control", "no-cache");
    of_every_hit.set("Cache-Status", "bazar; hit");
    return of_every_hit;
  }();
  return {"application/json", etag, body, fields};
}

std::string version_etag(Revision version) {
  const fmt::format_int digits(version);
  return std::string("\"").append(digits.data(), digits.size()).append("\"");
}

}  // namespace

catalog::Book BookEntry::book() const {
  auto book = json::decode<catalog::Book>(hit->body(), format);
  BAZAR_ASSERT(book, "an entry holds a book as json::encode wrote it");
  return *std::move(book);
}

std::shared_ptr<const BookEntry> make_entry(const catalog::EncodedBook& book, std::string_view epoch,
                                            Revision as_of) {
  auto entry = std::make_shared<BookEntry>();
  entry->epoch = Epoch(epoch);
  entry->as_of = as_of;
  entry->id = book.id;
  entry->format = book.format;
  entry->hit = answer_to_hit(book.json, version_etag(book.version));
  return entry;
}

std::shared_ptr<const BookEntry> make_entry(const catalog::Book& book, std::string_view epoch,
                                            Revision as_of) {
  const json::Format format = catalog::format_of(book.currency);
  const std::string encoded = json::encode(book, format);
  return make_entry(catalog::EncodedBook{book.id, book.version, format, encoded}, epoch, as_of);
}

std::shared_ptr<const TopicEntry> make_entry(std::string topic, const catalog::Page<catalog::Book>& page,
                                             std::string_view epoch, Revision as_of) {
  TopicTitles titles{.topic = std::move(topic), .books = {}, .next = page.next};
  titles.books.reserve(page.items.size());
  for (const catalog::Book& book : page.items) titles.books.push_back({book.id, book.title});
  return make_entry(std::move(titles), epoch, as_of);
}

std::shared_ptr<const TopicEntry> make_entry(TopicTitles titles, std::string_view epoch, Revision as_of) {
  const std::string body = json::encode(titles);
  auto entry = std::make_shared<TopicEntry>();
  entry->epoch = Epoch(epoch);
  entry->as_of = as_of;
  entry->hit = answer_to_hit(body, digest_etag(body));
  entry->books = std::move(titles.books);
  entry->next = std::move(titles.next);
  return entry;
}

}  // namespace bazar::frontend
