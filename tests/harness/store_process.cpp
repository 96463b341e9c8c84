#include "tests/harness/store_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace bazar::harness {
namespace {

constexpr milliseconds startup_patience{20'000};
constexpr milliseconds shutdown_patience{20'000};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Waits until a process that need not be our child is gone.
void wait_until_gone(pid_t pid) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return;  // it is gone already
  pollfd waiting{fd, POLLIN, 0};
  const int ready = poll(&waiting, 1, static_cast<int>(shutdown_patience.count()));
  close(fd);
  if (ready != 1) throw std::runtime_error("process " + std::to_string(pid) + " does not end");
}

/// The end of what every server of the store wrote: for a store that does not start.
std::string servers_of(const std::filesystem::path& data) {
  std::string told;
  std::error_code none;  // before the first log there is no folder
  for (const auto& log : std::filesystem::directory_iterator(data / "log", none)) {
    const std::string text = read_file(log.path());
    told += "\n" + log.path().filename().string() + ":\n" +
            text.substr(text.size() - std::min<std::size_t>(text.size(), 2'000));
  }
  return told;
}

bool says_ready(const std::string& printed) {
  return ("\n" + printed).find("\nready http") != std::string::npos;
}

/// What was printed until it was ready, ended, or the patience did.
std::string read_until_ready(int output) {
  std::string printed;
  const auto give_up = std::chrono::steady_clock::now() + startup_patience;
  while (!says_ready(printed)) {
    const auto left = std::chrono::duration_cast<milliseconds>(give_up - std::chrono::steady_clock::now());
    pollfd waiting{output, POLLIN, 0};
    char buffer[4096];
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) != 1) break;
    const ssize_t got = read(output, buffer, sizeof buffer);
    if (got <= 0) break;
    printed.append(buffer, static_cast<std::size_t>(got));
  }
  return printed;
}

}  // namespace

StoreProcess::StoreProcess(std::filesystem::path data, std::vector<std::string> args)
    : data_(std::move(data)) {
  std::vector<std::string> words = {BAZAR_BINARY, "up", "--port", "0", "--data", data_.string()};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  // What it says later of restarts goes to a file: a pipe that nobody reads would stop it in the end.
  const std::string errors = (data_.parent_path() / (data_.filename().string() + ".stderr")).string();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  const int error = posix_spawn(&pid_, BAZAR_BINARY, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    throw std::runtime_error("cannot start " BAZAR_BINARY);
  }
  const std::string printed = read_until_ready(ends[0]);
  close(ends[0]);
  if (!says_ready(printed)) {
    kill(pid_, SIGKILL);
    reap();
    throw std::runtime_error("bazar up did not become ready: " + printed + read_file(errors) +
                             servers_of(data_));
  }
}

StoreProcess::~StoreProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    reap();
  }
  std::error_code ignored;
  std::filesystem::remove(data_.string() + ".stderr", ignored);
}

std::vector<RunningMember> StoreProcess::members() const {
  std::vector<RunningMember> found;
  const auto document = boost::json::parse(read_file(data_ / "members.json"));
  for (const auto& entry : document.as_array()) {
    const auto& member = entry.as_object();
    found.push_back({std::string(member.at("role").as_string()), std::string(member.at("name").as_string()),
                     http::parse_endpoint(member.at("url").as_string()).value(),
                     member.at("pid").to_number<pid_t>()});
  }
  return found;
}

std::vector<RunningMember> StoreProcess::members(const std::string& role) const {
  auto found = members();
  std::erase_if(found, [&](const RunningMember& member) { return member.role != role; });
  return found;
}

http::Endpoint StoreProcess::frontend() const { return members("frontend").at(0).endpoint; }

std::string StoreProcess::shopkeeper_token() const {
  std::string token = read_file(data_ / "shopkeeper.token");
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return token;
}

void StoreProcess::kill_tree() {
  const auto children = members();
  kill(pid_, SIGKILL);
  reap();
  for (const auto& child : children) wait_until_gone(child.pid);
}

int StoreProcess::terminate() {
  kill(pid_, SIGTERM);
  wait_until_gone(pid_);
  return reap();
}

int StoreProcess::reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void run(const std::function<Task<>(Loop&)>& body) {
  Loop loop(1);
  std::exception_ptr failure;
  asio::co_spawn(loop.get_executor(), body(loop),
                 [&](std::exception_ptr error) { failure = std::move(error); });
  loop.run();
  if (failure) std::rethrow_exception(failure);
}

Task<http::ClientResponse> send_with_retries(Loop& loop, http::Client& client, http::Endpoint server,
                                             http::ClientRequest request, milliseconds patience) {
  const SteadyTime give_up = std::chrono::steady_clock::now() + patience;
  Timer timer(loop.get_executor());
  for (;;) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= give_up) throw DeadlineExceeded("retries did not cure it");
    try {
      http::ClientResponse response =
          co_await client.send(server, request, std::min(give_up, now + milliseconds{10'000}));
      if (response.status < 500) co_return response;
    } catch (const Outage&) {
      // Unknown outcome or no connection: the key makes the next try safe.
    }
    timer.expires_after(milliseconds{50});
    co_await timer.async_wait(use_task);
  }
}

}  // namespace bazar::harness
