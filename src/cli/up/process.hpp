#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bazar::cli {

/// Starts `program` with `arguments`, in a process group of its own (so that Ctrl-C reaches only the
/// supervisor, which stops its children in order), standard input empty, both outputs appended to `log`. The
/// child is killed when the calling thread's process dies. Throws std::system_error. Call from the main
/// thread: Linux ties that promise to the thread that forked.
[[nodiscard]] pid_t spawn(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                          const std::filesystem::path& log);
/// The same with this very program.
[[nodiscard]] pid_t spawn_self(const std::vector<std::string>& arguments, const std::filesystem::path& log);

struct Exit {
  pid_t pid;
  std::string how;  ///< `exit code 1`, `signal 9 (Killed)`
};

/// A child that has ended, reaped; empty where none has.
[[nodiscard]] std::optional<Exit> reap();

/// Whether `pid` is a running process that was started with `name` among its arguments (a pid alone may have
/// been given to another).
[[nodiscard]] bool is_running(pid_t pid, const std::string& name);

}  // namespace bazar::cli
