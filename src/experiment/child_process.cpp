#include "experiment/child_process.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

namespace bazar::experiment {
namespace {

/// Longer than `bazar up` gives its three tiers.
constexpr std::chrono::seconds end_patience{20};
constexpr std::chrono::milliseconds look_again{5};

}  // namespace

ChildProcess::ChildProcess(const StartProgram& start, const std::vector<std::string>& arguments,
                           std::filesystem::path log)
    : log_(std::move(log)) {
  std::filesystem::remove(log_);  // of an earlier process in the same folder
  pid_ = start(arguments, log_);
}

ChildProcess::~ChildProcess() {
  ask_to_end();
  const auto until = std::chrono::steady_clock::now() + end_patience;
  while (running()) {
    if (std::chrono::steady_clock::now() > until) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(look_again);
  }
}

bool ChildProcess::running() {
  if (pid_ == 0) return false;
  int status = 0;
  const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
  pid_ = 0;
  succeeded_ = ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return false;
}

void ChildProcess::ask_to_end() {
  if (pid_ != 0) ::kill(pid_, SIGTERM);
}

std::string ChildProcess::output() const {
  std::stringstream text;
  text << std::ifstream(log_).rdbuf();
  return text.str();
}

}  // namespace bazar::experiment
