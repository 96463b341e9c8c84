// The floor that the store is measured against: an epoll server that answers every request head with the same
// 150 bytes.
//
//   canned_server        on a free port of 127.0.0.1, which it prints as `ready URL`; until it is killed
//
// One thread, no parser, no allocation a request: what is left is the kernel's price of a receive and a send.
// Bodies are not understood, so it is for GET only.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>
#include <unordered_map>

namespace {

constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 79\r\n\r\n"
    R"({"id":2,"title":"RPCs for Noobs","topic":"theory","price":50.00,"quantity":100})";
constexpr std::string_view head_end = "\r\n\r\n";
static_assert(answer.size() == 150 && answer.substr(answer.find(head_end) + head_end.size()).size() == 79);

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

int checked(int result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

/// The last bytes received that may be the beginning of `head_end`; zeros where there are none.
using Tail = std::array<char, head_end.size() - 1>;

class CannedServer {
 public:
  CannedServer()
      : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
        listener_(checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    checked(bind(listener_, generic, length), "bind");
    checked(listen(listener_, SOMAXCONN), "listen");
    checked(getsockname(listener_, generic, &length), "getsockname");
    watch(listener_);
    std::printf("ready http://127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) fail("epoll_wait");
      for (int i = 0; i < count; ++i) {
        if (const int fd = events[static_cast<std::size_t>(i)].data.fd; fd == listener_) {
          accept_all();
        } else {
          serve(fd);
        }
      }
    }
  }

 private:
  void watch(int fd) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      tails_[fd] = {};
      watch(fd);
    }
  }

  void serve(int fd) {
    Tail& tail = tails_[fd];
    std::array<char, 16'384> buffer;
    std::ranges::copy(tail, buffer.begin());
    const ssize_t got = recv(fd, buffer.data() + tail.size(), buffer.size() - tail.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return hang_up(fd);
    std::string_view rest(buffer.data(), tail.size() + static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = rest.find(head_end)) != rest.npos;) {
      rest.remove_prefix(end + head_end.size());
      // A client that asks and does not read for so long that its answers fill the socket is dropped.
      if (send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(answer.size())) {
        return hang_up(fd);
      }
    }
    tail = {};
    rest = rest.substr(rest.size() - std::min(rest.size(), tail.size()));
    std::ranges::copy(rest, tail.end() - static_cast<std::ptrdiff_t>(rest.size()));
  }

  void hang_up(int fd) {
    tails_.erase(fd);
    close(fd);
  }

  int epoll_;
  int listener_;
  std::unordered_map<int, Tail> tails_;
};

}  // namespace

int main() {
  try {
    CannedServer().run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "canned_server: %s\n", error.what());
    return 1;
  }
}
