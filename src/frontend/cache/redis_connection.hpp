#pragma once

#include <array>
#include <optional>
#include <string>

#include "frontend/cache/cache_connection.hpp"
#include "frontend/cache/redis_replies.hpp"
#include "http/client.hpp"

namespace bazar::frontend {

/// Redis: one pipeline of MGET and SETs an exchange. hiredis formats the commands and parses the replies; the
/// socket is the loop's (docs/adr/0011-cache-servers.md).
class RedisConnection final : public CacheConnection {
 public:
  RedisConnection(Loop& loop, http::Endpoint server) : server_(std::move(server)), socket_(loop) {}

  Task<Answer> exchange(Exchange exchange) override;
  void abandon() override;

 private:
  Task<> connect();
  Task<> converse(Exchange exchange, Answer& answer);
  Task<std::unique_ptr<RedisReply>> receive();
  void close();

  const http::Endpoint server_;
  Socket socket_;
  std::optional<RedisReplies> replies_;  ///< while connected
  bool abandoned_ = false;
  std::array<char, 16 * 1024> buffer_{};
};

}  // namespace bazar::frontend
