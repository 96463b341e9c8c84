#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "frontend/cache/storage.hpp"

namespace bazar::frontend {

/// Packs entries for a cache server, and takes nothing back but what the same store packed, whole and
/// unchanged, for the same key. Bytes, integers big-endian:
///
///     "BZR" version(1)=1 | tag(16) | as_of(8) | epoch length(2) | epoch | JSON of the book or the titles
///
/// The tag is BLAKE2b over the key and everything after the tag, keyed by a secret of the store: a checksum,
/// and a seal that others who write to the same server cannot forge. Money is in minor units. What is ready
/// to send is made anew, so that front-ends of another version may share the server. Immutable, thread-safe.
class Envelope {
 public:
  static constexpr std::uint8_t version = 1;

  /// `secret` is the same in all front-ends of a store.
  explicit Envelope(std::string_view secret);

  [[nodiscard]] std::string seal(std::string_view key, const BookEntry& entry) const;
  [[nodiscard]] std::string seal(std::string_view key, std::string_view topic, const TopicEntry& entry) const;

  /// Null unless `bytes` parse in full and are what was sealed for `key`.
  [[nodiscard]] std::shared_ptr<const BookEntry> open_book(std::string_view key,
                                                           std::string_view bytes) const;
  [[nodiscard]] std::shared_ptr<const TopicEntry> open_topic(std::string_view key,
                                                             std::string_view bytes) const;

  // Keys are of printable ASCII without spaces, at most 80 bytes, whatever the topic is. They begin with what
  // stands for the epoch, which names the database: stores may share a server, and nothing of a former epoch
  // is asked for. Two that ever had the same key would cost time: seal and epoch tell what they hold.
  [[nodiscard]] static std::string scope_of(std::string_view epoch);
  [[nodiscard]] static std::string key_of(std::string_view scope, BookId id);
  [[nodiscard]] static std::string key_of(std::string_view scope, std::string_view topic);

 private:
  struct Contents {
    std::string_view epoch;
    Revision as_of = 0;
    std::string_view json;
  };
  [[nodiscard]] std::string pack(std::string_view key, const ReadIn& read_in, std::string_view json) const;
  [[nodiscard]] std::optional<Contents> unpack(std::string_view key, std::string_view bytes) const;
  [[nodiscard]] std::string tag_of(std::string_view key, std::string_view rest) const;

  std::array<std::uint8_t, 32> secret_{};
};

}  // namespace bazar::frontend
