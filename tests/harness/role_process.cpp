#include "tests/harness/role_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/harness/processes.hpp"

namespace bazar::harness {
namespace {

constexpr milliseconds patience{20'000};
constexpr milliseconds look_again{2};

std::vector<std::string> words_of(const RoleCommand& command) {
  std::vector<std::string> words;
  if (!command.network_namespace.empty()) words = {"ip", "netns", "exec", command.network_namespace};
  words.insert(words.end(), {"setpriv", "--pdeathsig", "KILL", "--", BAZAR_BINARY});
  words.insert(words.end(), command.args.begin(), command.args.end());
  return words;
}

std::vector<std::string> environment_of(const RoleCommand& command) {
  std::vector<std::string> settings;
  for (char** each = environ; *each != nullptr; ++each) settings.emplace_back(*each);
  for (const auto& [name, value] : command.environment) settings.push_back(fmt::format("{}={}", name, value));
  return settings;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// The endpoint of a line `ready URL`, once that line is complete.
std::optional<http::Endpoint> ready_line(const std::string& printed) {
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    if (line.starts_with("ready ")) return http::parse_endpoint(line.substr(6));
  }
  return std::nullopt;
}

}  // namespace

RoleProcess::RoleProcess(const RoleCommand& command) : log_(command.log) {
  auto words = words_of(command);
  auto settings = environment_of(command);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  // Asio opens its sockets without close-on-exec: none of a gate's may live on in a server.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  const int error = posix_spawnp(&pid_, words.front().c_str(), &actions, nullptr, pointers_to(words).data(),
                                 pointers_to(settings).data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  output_ = ends[0];
  if (error != 0) {
    pid_ = -1;
    close(output_);
    throw std::runtime_error("cannot start " + words.front());
  }
}

RoleProcess::~RoleProcess() {
  kill();
  close(output_);
}

http::Endpoint RoleProcess::wait_until_ready() {
  std::string printed;
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (const auto endpoint = ready_line(printed)) return *endpoint;
    const auto left =
        std::chrono::duration_cast<milliseconds>(give_up - std::chrono::steady_clock::now()).count();
    pollfd waiting{output_, POLLIN, 0};
    char buffer[1024];
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) != 1) fail("did not become ready");
    const ssize_t got = read(output_, buffer, sizeof buffer);
    if (got <= 0) fail("ended before it was ready");
    printed.append(buffer, static_cast<std::size_t>(got));
  }
}

std::vector<std::uint16_t> RoleProcess::wait_until_listening(std::size_t ports) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < give_up && running()) {
    auto found = listening_ports(pid_);
    if (found.size() >= ports) return found;
    std::this_thread::sleep_for(look_again);
  }
  fail("does not listen");
}

void RoleProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

void RoleProcess::freeze() {
  ::kill(pid_, SIGSTOP);
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (process_state(pid_) != 'T') {
    if (std::chrono::steady_clock::now() > give_up) fail("does not stop");
    std::this_thread::sleep_for(look_again);
  }
}

void RoleProcess::thaw() { ::kill(pid_, SIGCONT); }

bool RoleProcess::running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void RoleProcess::fail(const std::string& why) {
  kill();
  std::stringstream log;
  log << std::ifstream(log_).rdbuf();
  throw std::runtime_error("a server " + why + ": " + log.str());
}

void RoleProcess::reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace bazar::harness
