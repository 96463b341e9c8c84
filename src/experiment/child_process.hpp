#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace bazar::experiment {

/// Starts a certain program with these arguments, its output appended to `log`. The child must die with this
/// process, and must not get this terminal's signals. Throws std::system_error.
using StartProgram =
    std::function<pid_t(const std::vector<std::string>& arguments, const std::filesystem::path& log)>;

/// A child of this process; ended with its owner: SIGTERM, and SIGKILL where that is not heeded in time. Used
/// on the main thread only.
class ChildProcess {
 public:
  ChildProcess(const StartProgram& start, const std::vector<std::string>& arguments,
               std::filesystem::path log);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] bool running();
  /// Whether its exit code was 0; once it is not running.
  [[nodiscard]] bool succeeded() const { return succeeded_; }
  /// SIGTERM; does not wait. For several that are to end side by side.
  void ask_to_end();
  /// What it has printed; an earlier process's log is gone.
  [[nodiscard]] std::string output() const;

 private:
  std::filesystem::path log_;
  pid_t pid_ = 0;  ///< 0: it has been reaped
  bool succeeded_ = false;
};

}  // namespace bazar::experiment
