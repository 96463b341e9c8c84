#include "tests/harness/network.hpp"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace bazar::harness {
namespace {

constexpr auto bridge = "br0";
constexpr auto own_namespace = "/proc/thread-self/ns/net";
constexpr auto subnet = "10.213.8.";

int exit_code_of(std::vector<std::string> words, bool quiet) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (quiet) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -1;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void run_tool(const std::vector<std::string>& words) {
  if (exit_code_of(words, false) == 0) return;
  std::string line;
  for (const auto& word : words) line += word + " ";
  throw std::runtime_error("failed: " + line);
}

}  // namespace

std::optional<std::string> Network::why_not() {
  if (geteuid() != 0) return "network namespaces need root";
  const std::string probe = "bazar-probe-" + std::to_string(getpid());
  if (exit_code_of({"ip", "netns", "add", probe}, true) != 0)
    return "network namespaces are not permitted here";
  exit_code_of({"ip", "netns", "del", probe}, true);
  return std::nullopt;
}

Network::Network(std::vector<std::string> hosts) : hosts_(std::move(hosts)) {
  namespace_before_ = open(own_namespace, O_RDONLY | O_CLOEXEC);
  if (namespace_before_ < 0 || unshare(CLONE_NEWNET) != 0)
    throw std::runtime_error("cannot enter a network namespace");
  try {
    run_tool({"ip", "link", "set", "lo", "up"});
    run_tool({"ip", "link", "add", bridge, "type", "bridge"});
    run_tool({"ip", "addr", "add", std::string(subnet) + "1/24", "dev", bridge});
    run_tool({"ip", "link", "set", bridge, "up"});
    for (const auto& host : hosts_) {
      const std::string name = namespace_of(host);
      run_tool({"ip", "netns", "add", name});
      run_tool({"ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", host});
      run_tool({"ip", "link", "set", host, "master", bridge, "up"});
      run_tool({"ip", "-n", name, "addr", "add", address_of(host) + "/24", "dev", "eth0"});
      run_tool({"ip", "-n", name, "link", "set", "eth0", "up"});
      run_tool({"ip", "-n", name, "link", "set", "lo", "up"});
    }
  } catch (...) {
    remove_namespaces();
    throw;
  }
}

Network::~Network() { remove_namespaces(); }

/// The bridge goes with the namespace that we leave.
void Network::remove_namespaces() {
  for (const auto& host : hosts_) exit_code_of({"ip", "netns", "del", namespace_of(host)}, true);
  setns(namespace_before_, CLONE_NEWNET);
  close(namespace_before_);
}

std::string Network::namespace_of(const std::string& host) const {
  return "bazar" + std::to_string(getpid()) + "-" + host;
}

std::string Network::address_of(const std::string& host) const {
  const auto place = std::ranges::find(hosts_, host) - hosts_.begin();
  return subnet + std::to_string(2 + place);
}

void Network::separate(const std::vector<std::string>& hosts) {
  for (const auto& host : hosts) run_tool({"bridge", "link", "set", "dev", host, "isolated", "on"});
}

void Network::heal() {
  for (const auto& host : hosts_) run_tool({"bridge", "link", "set", "dev", host, "isolated", "off"});
}

}  // namespace bazar::harness
