#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace bazar::frontend {

/// Commands as Redis reads them (RESP, by hiredis).
void append_redis_command(std::string& out, const std::vector<std::string_view>& words);

/// One reply of Redis.
struct RedisReply {
  enum class Kind : std::uint8_t { string, status, error, integer, nil, array };
  Kind kind = Kind::nil;
  std::string text = {};                                   ///< of string, status, error
  std::vector<std::unique_ptr<RedisReply>> elements = {};  ///< of array
};

/// Cuts a stream of bytes into replies, with hiredis's reader. What no server of good will sends is an error:
/// a protocol fault, an array of more than `max_elements`, more than `max_bytes` in all.
class RedisReplies {
 public:
  RedisReplies(std::size_t max_elements, std::size_t max_bytes);
  RedisReplies(const RedisReplies&) = delete;
  RedisReplies& operator=(const RedisReplies&) = delete;

  void feed(std::string_view bytes);
  /// The next whole reply; null: more bytes are needed. Throws Unavailable.
  [[nodiscard]] std::unique_ptr<RedisReply> next();
  /// Whether bytes are left over.
  [[nodiscard]] bool has_rest() const;
  /// The allowance of bytes begins anew.
  void restart_allowance() { fed_bytes_ = 0; }

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  const std::size_t max_elements_;
  const std::size_t max_bytes_;
  std::size_t fed_bytes_ = 0;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace bazar::frontend
