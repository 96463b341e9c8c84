#include "tests/harness/processes.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace bazar::harness {
namespace {

constexpr int tcp_established = 0x01;  // include/net/tcp_states.h
constexpr int tcp_listen = 0x0A;

struct TcpRow {
  std::uint16_t local_port = 0;
  int state = 0;
  std::string inode;
};

/// proc_net_tcp(5).
std::vector<TcpRow> tcp_rows(const std::string& file) {
  std::vector<TcpRow> rows;
  std::ifstream table(file);
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
    rows.push_back({static_cast<std::uint16_t>(std::stoul(local.substr(local.find(':') + 1), nullptr, 16)),
                    std::stoi(state, nullptr, 16), inode});
  }
  return rows;
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
  for (const TcpRow& row : tcp_rows("/proc/" + std::to_string(pid) + "/net/tcp")) {
    if (row.state == tcp_listen && inodes.contains(row.inode)) ports.push_back(row.local_port);
  }
  return ports;
}

std::optional<pid_t> owner_of_port(std::uint16_t local_port, const std::vector<pid_t>& pids) {
  const auto rows = tcp_rows("/proc/self/net/tcp");
  const auto row = std::ranges::find_if(rows, [&](const TcpRow& each) {
    return each.local_port == local_port && each.state == tcp_established;
  });
  if (row == rows.end()) return std::nullopt;
  const auto owner =
      std::ranges::find_if(pids, [&](pid_t pid) { return socket_inodes(pid).contains(row->inode); });
  return owner == pids.end() ? std::nullopt : std::optional(*owner);
}

std::optional<char> process_state(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  const auto name_end = text.rfind(')');
  return name_end + 2 < text.size() ? std::optional(text[name_end + 2]) : std::nullopt;
}

}  // namespace bazar::harness
