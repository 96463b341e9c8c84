#include "frontend/cache/envelope.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <boost/endian/conversion.hpp>

#include "base/digest.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::frontend {
namespace {

constexpr std::string_view magic("BZR\x01", 4);
static_assert(magic[3] == Envelope::version);
constexpr std::size_t tag_bytes = crypto_generichash_BYTES_MIN;
static_assert(tag_bytes == 16);
constexpr json::Format minor_units{.money_decimals = 0};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

template <class Integer>
void append(std::string& out, Integer value) {
  boost::endian::native_to_big_inplace(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Takes an integer from the front. `text` is long enough.
template <class Integer>
Integer take(std::string_view& text) {
  const auto value =
      boost::endian::endian_load<Integer, sizeof(Integer), boost::endian::order::big>(bytes_of(text));
  text.remove_prefix(sizeof(Integer));
  return value;
}

std::string short_digest(std::string_view text, std::size_t characters) {
  return sha256_hex(text).substr(0, characters);
}

}  // namespace

Envelope::Envelope(std::string_view secret) {
  // A hash of its own, so that nothing else which this secret is used for can be mistaken for a seal.
  const std::string purpose = "bazar cache entries " + std::string(secret);
  crypto_generichash(secret_.data(), secret_.size(), bytes_of(purpose), purpose.size(), nullptr, 0);
}

std::string Envelope::tag_of(std::string_view key, std::string_view rest) const {
  crypto_generichash_state state;
  crypto_generichash_init(&state, secret_.data(), secret_.size(), tag_bytes);
  std::string length;
  append(length, static_cast<std::uint32_t>(key.size()));
  for (const std::string_view part : {std::string_view(length), key, rest})
    crypto_generichash_update(&state, bytes_of(part), part.size());
  std::string tag(tag_bytes, '\0');
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(tag.data()), tag.size());
  return tag;
}

std::string Envelope::pack(std::string_view key, const ReadIn& read_in, std::string_view json) const {
  const std::string_view epoch = read_in.epoch.name();
  std::string rest;
  rest.reserve(sizeof read_in.as_of + sizeof(std::uint16_t) + epoch.size() + json.size());
  append(rest, read_in.as_of);
  append(rest, static_cast<std::uint16_t>(epoch.size()));
  rest += epoch;
  rest += json;
  std::string bytes(magic);
  bytes.reserve(magic.size() + tag_bytes + rest.size());
  bytes += tag_of(key, rest);
  bytes += rest;
  return bytes;
}

std::optional<Envelope::Contents> Envelope::unpack(std::string_view key, std::string_view bytes) const {
  if (!bytes.starts_with(magic)) return std::nullopt;
  bytes.remove_prefix(magic.size());
  if (bytes.size() < tag_bytes + sizeof(Revision) + sizeof(std::uint16_t)) return std::nullopt;
  const std::string_view tag = bytes.substr(0, tag_bytes);
  bytes.remove_prefix(tag_bytes);
  if (!equal_secrets(tag, tag_of(key, bytes))) return std::nullopt;
  Contents contents;
  contents.as_of = take<Revision>(bytes);
  const std::size_t epoch_size = take<std::uint16_t>(bytes);
  if (bytes.size() < epoch_size || epoch_size > Epoch::max_size) return std::nullopt;
  contents.epoch = bytes.substr(0, epoch_size);
  contents.json = bytes.substr(epoch_size);
  return contents;
}

std::string Envelope::seal(std::string_view key, const BookEntry& entry) const {
  return pack(key, entry, json::encode(entry.book(), minor_units));
}

std::string Envelope::seal(std::string_view key, std::string_view topic, const TopicEntry& entry) const {
  return pack(key, entry, json::encode(TopicTitles{std::string(topic), entry.books, entry.next}));
}

std::shared_ptr<const BookEntry> Envelope::open_book(std::string_view key, std::string_view bytes) const {
  const auto contents = unpack(key, bytes);
  if (!contents) return nullptr;
  auto book = json::decode<catalog::Book>(contents->json, minor_units);
  return book ? make_entry(*std::move(book), contents->epoch, contents->as_of) : nullptr;
}

std::shared_ptr<const TopicEntry> Envelope::open_topic(std::string_view key, std::string_view bytes) const {
  const auto contents = unpack(key, bytes);
  if (!contents) return nullptr;
  auto titles = json::decode<TopicTitles>(contents->json);
  return titles ? make_entry(*std::move(titles), contents->epoch, contents->as_of) : nullptr;
}

std::string Envelope::scope_of(std::string_view epoch) { return short_digest(epoch, 12); }
std::string Envelope::key_of(std::string_view scope, BookId id) {
  return fmt::format("bazar:{}:book:{}", scope, id.value);
}
std::string Envelope::key_of(std::string_view scope, std::string_view topic) {
  return fmt::format("bazar:{}:topic:{}", scope, short_digest(topic, 32));
}

}  // namespace bazar::frontend
