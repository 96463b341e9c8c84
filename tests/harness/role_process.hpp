#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "http/client.hpp"

namespace bazar::harness {

struct RoleCommand {
  std::vector<std::string> args = {};                   ///< `catalog --name catalog-1 …`
  std::map<std::string, std::string> environment = {};  ///< beside our own
  std::filesystem::path log = {};                       ///< standard error is appended to it
  std::string network_namespace = {};                   ///< as `ip netns` names it; empty: ours
};

/// One server of a store, `bazar catalog|orders|frontend …`, as a process of its own that dies with us. Every
/// wait is bounded. Make it on the main thread: Linux ties that promise to the thread that starts it.
class RoleProcess {
 public:
  /// Returns at once.
  explicit RoleProcess(const RoleCommand& command);
  /// Kills it where it still runs.
  ~RoleProcess();
  RoleProcess(const RoleProcess&) = delete;
  RoleProcess& operator=(const RoleProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Waits until it says `ready`, and returns the address that it says. Throws std::runtime_error with its
  /// log.
  [[nodiscard]] http::Endpoint wait_until_ready();
  /// Waits until it listens on so many ports: it has not said yet that it is there.
  [[nodiscard]] std::vector<std::uint16_t> wait_until_listening(std::size_t ports);

  /// SIGKILL. Returns when it is gone.
  void kill();
  /// SIGSTOP. Returns when it has stopped.
  void freeze();
  void thaw();
  [[nodiscard]] bool running();

 private:
  [[noreturn]] void fail(const std::string& why);
  void reap();

  std::filesystem::path log_;
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace bazar::harness
