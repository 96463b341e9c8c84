#include "tests/harness/processes.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace bazar::harness {
namespace {

constexpr int tcp_listen = 0x0A;  // include/net/tcp_states.h

struct Listener {
  std::uint16_t port = 0;
  std::string inode;
};

/// Of the network namespace of `pid`. proc_net_tcp: those that listen come first; the rest, which may be tens
/// of thousands, is not read.
std::vector<Listener> listeners_in(pid_t pid) {
  std::vector<Listener> listeners;
  std::ifstream table("/proc/" + std::to_string(pid) + "/net/tcp");
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
    if (std::stoi(state, nullptr, 16) != tcp_listen) break;
    const std::string port = local.substr(local.find(':') + 1);
    listeners.push_back({static_cast<std::uint16_t>(std::stoul(port, nullptr, 16)), inode});
  }
  return listeners;
}

std::set<std::string> socket_inodes(pid_t pid) {
  std::set<std::string> inodes;
  std::error_code error;  // descriptors and processes come and go while we look
  std::filesystem::directory_iterator each("/proc/" + std::to_string(pid) + "/fd", error);
  for (; !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(each->path(), gone).string();
    if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
  }
  return inodes;
}

}  // namespace

std::vector<std::uint16_t> listening_ports(pid_t pid) {
  const auto inodes = socket_inodes(pid);
  std::vector<std::uint16_t> ports;
  for (const Listener& listener : listeners_in(pid)) {
    if (inodes.contains(listener.inode)) ports.push_back(listener.port);
  }
  return ports;
}

std::optional<char> process_state(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  const auto name_end = text.rfind(')');
  return name_end + 2 < text.size() ? std::optional(text[name_end + 2]) : std::nullopt;
}

}  // namespace bazar::harness
