#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "load/socket.hpp"

namespace bazar::load {

using std::chrono::nanoseconds;

/// epoll, level-triggered, with waits as short as the kernel can. Throws std::system_error.
class Poller {
 public:
  enum class Interest : std::uint8_t { input, output, both };

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// `tag` comes back with each of the socket's events. It leaves by being closed.
  void add(const Socket& socket, Interest interest, std::uint64_t tag);
  void change(const Socket& socket, Interest interest, std::uint64_t tag);
  /// Valid until the next call. Empty once `at_most` has passed, or a signal came.
  [[nodiscard]] std::span<const epoll_event> wait(nanoseconds at_most);

 private:
  void control(int how, const Socket& socket, Interest interest, std::uint64_t tag) const;

  int descriptor_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace bazar::load
