#include "load/poller.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace bazar::load {
namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::uint32_t events_of(Poller::Interest interest) {
  switch (interest) {
    case Poller::Interest::input:
      return EPOLLIN | EPOLLRDHUP;
    case Poller::Interest::output:
      return EPOLLOUT;
    case Poller::Interest::both:
      break;
  }
  return EPOLLIN | EPOLLRDHUP | EPOLLOUT;
}

}  // namespace

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) throw_errno("epoll_create1");
  // Else the kernel may let a wait last 50 µs longer, to save wake-ups.
  ::prctl(PR_SET_TIMERSLACK, 1);
}

Poller::~Poller() { ::close(descriptor_); }

void Poller::add(const Socket& socket, Interest interest, std::uint64_t tag) {
  control(EPOLL_CTL_ADD, socket, interest, tag);
}

void Poller::change(const Socket& socket, Interest interest, std::uint64_t tag) {
  control(EPOLL_CTL_MOD, socket, interest, tag);
}

void Poller::control(int how, const Socket& socket, Interest interest, std::uint64_t tag) const {
  epoll_event event{.events = events_of(interest), .data = {.u64 = tag}};
  if (::epoll_ctl(descriptor_, how, socket.descriptor(), &event) != 0) throw_errno("epoll_ctl");
}

std::span<const epoll_event> Poller::wait(nanoseconds at_most) {
  const auto bounded = std::max(at_most, nanoseconds(0));
  const timespec time{.tv_sec = bounded.count() / 1'000'000'000, .tv_nsec = bounded.count() % 1'000'000'000};
  const int count =
      ::epoll_pwait2(descriptor_, events_.data(), static_cast<int>(events_.size()), &time, nullptr);
  if (count < 0 && errno != EINTR) throw_errno("epoll_pwait2");
  return std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace bazar::load
