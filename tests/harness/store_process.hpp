#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "http/client.hpp"

namespace bazar::harness {

/// A server of a running store, as `members.json` tells.
struct RunningMember {
  std::string role;
  std::string name;
  http::Endpoint endpoint;
  pid_t pid = 0;
};

/// `bazar up` as a real process tree, on free ports. Every wait is bounded.
class StoreProcess {
 public:
  /// Starts `bazar up --port 0 --data DATA ARGS…` and waits until it says `ready`. Throws std::runtime_error
  /// with what it printed otherwise.
  explicit StoreProcess(std::filesystem::path data, std::vector<std::string> args = {});
  /// Kills what still runs.
  ~StoreProcess();
  StoreProcess(const StoreProcess&) = delete;
  StoreProcess& operator=(const StoreProcess&) = delete;

  /// Reads `members.json` as it is now.
  [[nodiscard]] std::vector<RunningMember> members() const;
  [[nodiscard]] std::vector<RunningMember> members(const std::string& role) const;
  [[nodiscard]] http::Endpoint frontend() const;
  [[nodiscard]] std::string shopkeeper_token() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// SIGKILL to the supervisor; its children die with it. Returns when all of them are gone.
  void kill_tree();
  /// SIGTERM, waits for the end. The exit code, or 128 + the signal's number.
  int terminate();

 private:
  int reap();

  std::filesystem::path data_;
  pid_t pid_ = -1;
};

/// Runs one coroutine on a loop of its own and returns when it has finished. Throws what it throws.
void run(const std::function<Task<>(Loop&)>& body);

/// Sends until something other than a connection error or a 5xx comes back, as a patient client with an
/// idempotency key does. Throws DeadlineExceeded where `patience` was not enough.
Task<http::ClientResponse> send_with_retries(Loop& loop, http::Client& client, http::Endpoint server,
                                             http::ClientRequest request, milliseconds patience);

}  // namespace bazar::harness
