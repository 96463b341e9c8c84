#include "cli/up/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <system_error>

namespace bazar::cli {
namespace {

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(pid_t parent, const char* program, char* const* argv, int log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above took effect.
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(log, STDOUT_FILENO) < 0 ||
      ::dup2(log, STDERR_FILENO) < 0)
    ::_exit(1);
  // Asio opens its sockets without close-on-exec: none of the supervisor's may live on in a child.
  if (::close_range(3, ~0U, 0) != 0) {
    for (int fd = 3; fd < 1'024; ++fd) ::close(fd);
  }
  ::execv(program, argv);
  constexpr std::string_view message = "bazar: cannot start a process: exec failed\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(1);
}

std::string describe(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("signal {} ({})", WTERMSIG(status), ::sigdescr_np(WTERMSIG(status)));
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

pid_t start(const std::filesystem::path& program, std::vector<std::string> words,
            const std::filesystem::path& log) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), log.string());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  const int reason = errno;
  if (pid == 0) become(parent, program.c_str(), argv.data(), fd);
  ::close(fd);
  if (pid < 0) throw std::system_error(reason, std::generic_category(), "fork");
  return pid;
}

std::vector<std::string> argv_of(std::string name, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{std::move(name)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

pid_t spawn(const std::filesystem::path& program, const std::vector<std::string>& arguments,
            const std::filesystem::path& log) {
  return start(program, argv_of(program.string(), arguments), log);
}

pid_t spawn_self(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  return start("/proc/self/exe", argv_of("bazar", arguments), log);
}

std::optional<Exit> reap() {
  int status = 0;
  const pid_t pid = ::waitpid(-1, &status, WNOHANG);
  if (pid <= 0) return std::nullopt;
  return Exit{.pid = pid, .how = describe(status)};
}

bool is_running(pid_t pid, const std::string& name) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid), std::ios::binary);
  for (std::string word; std::getline(file, word, '\0');) {
    if (word == name) return true;
  }
  return false;
}

}  // namespace bazar::cli
