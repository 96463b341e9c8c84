#include "tests/harness/socket_owner.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

namespace bazar::harness {
namespace {

class NetlinkSocket {
 public:
  NetlinkSocket() : descriptor_(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
    if (descriptor_ < 0) fail("netlink socket");
  }
  ~NetlinkSocket() { close(descriptor_); }
  NetlinkSocket(const NetlinkSocket&) = delete;
  NetlinkSocket& operator=(const NetlinkSocket&) = delete;

  [[noreturn]] static void fail(const char* what, int error = errno) {
    throw std::system_error(error, std::generic_category(), what);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

Request one_socket(std::uint16_t local_port, std::uint16_t remote_port) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = AF_INET;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.id.idiag_sport = htons(local_port);
  request.body.id.idiag_dport = htons(remote_port);
  request.body.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
  request.body.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
  request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

/// Empty: there is no such socket.
std::optional<std::uint32_t> inode_of(std::uint16_t local_port, std::uint16_t remote_port) {
  const NetlinkSocket kernel;
  const Request request = one_socket(local_port, remote_port);
  if (send(kernel.descriptor(), &request, sizeof request, 0) < 0) NetlinkSocket::fail("sock_diag request");

  struct {
    nlmsghdr header{};
    union {
      nlmsgerr error;
      inet_diag_msg socket;
    };
    char attributes[1024];
  } answer{};
  if (recv(kernel.descriptor(), &answer, sizeof answer, 0) < 0) NetlinkSocket::fail("sock_diag answer");
  if (answer.header.nlmsg_type != NLMSG_ERROR) return answer.socket.idiag_inode;
  if (answer.error.error == -ENOENT) return std::nullopt;
  NetlinkSocket::fail("sock_diag", -answer.error.error);
}

bool owns(pid_t pid, std::uint32_t inode) {
  const std::string wanted = "socket:[" + std::to_string(inode) + "]";
  std::error_code error;  // descriptors and processes come and go while we look
  std::filesystem::directory_iterator each("/proc/" + std::to_string(pid) + "/fd", error);
  for (; !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
    std::error_code gone;
    if (std::filesystem::read_symlink(each->path(), gone).string() == wanted) return true;
  }
  return false;
}

}  // namespace

std::optional<pid_t> owner_of_connection(std::uint16_t local_port, std::uint16_t remote_port,
                                         const std::vector<pid_t>& pids) {
  const auto inode = inode_of(local_port, remote_port);
  if (!inode) return std::nullopt;
  const auto owner = std::ranges::find_if(pids, [&](pid_t pid) { return owns(pid, *inode); });
  return owner == pids.end() ? std::nullopt : std::optional(*owner);
}

}  // namespace bazar::harness
