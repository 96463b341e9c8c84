#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"

namespace bazar::frontend {

/// A Redis or memcached of its own, on a free port of loopback. Every wait is bounded; ended by its pid.
class CacheServerProcess {
 public:
  enum class Kind : std::uint8_t { redis, memcached };

  /// Started, and answers. `options` are added to its command line.
  explicit CacheServerProcess(Kind kind, std::vector<std::string> options = {});
  ~CacheServerProcess();
  CacheServerProcess(const CacheServerProcess&) = delete;
  CacheServerProcess& operator=(const CacheServerProcess&) = delete;

  [[nodiscard]] http::Endpoint endpoint() const { return {"127.0.0.1", port_}; }
  [[nodiscard]] std::string url() const;

  /// SIGKILL; returns when it is gone.
  void kill();
  /// Again on the same port. Returns when it answers.
  void start();
  void freeze() const;
  void thaw() const;

  // As another client of the server.
  void flush() const;
  /// All keys, in no order.
  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] std::optional<std::string> read(const std::string& key) const;
  void write(const std::string& key, const std::string& value) const;
  /// One line sent, what comes back within a short while: `CONFIG SET …`.
  [[nodiscard]] std::string command(const std::string& line) const;

 private:
  void launch();
  [[nodiscard]] bool answers() const;

  const Kind kind_;
  const std::vector<std::string> options_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace bazar::frontend
