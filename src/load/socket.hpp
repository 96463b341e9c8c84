#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "http/client.hpp"

namespace bazar::load {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// The first that the name has. Waits for the resolver. Throws Unavailable where there is none.
[[nodiscard]] Address resolve(const http::Endpoint& endpoint);

/// A non-blocking TCP connection, or none.
class Socket {
 public:
  Socket() = default;
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  /// Begins to connect; writable when that is over. Empty where it failed at once.
  [[nodiscard]] static Socket connect(const Address& address);
  /// Once writable: whether it is connected.
  [[nodiscard]] bool is_connected() const;
  void close();

  struct Transfer {
    std::size_t bytes = 0;
    bool ended = false;  ///< closed or broken: nothing more comes or goes
  };
  /// As much as there is room for.
  [[nodiscard]] Transfer send(std::string_view bytes) const;
  /// What there is; 0 bytes and not ended: nothing yet.
  [[nodiscard]] Transfer receive(std::span<char> room) const;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace bazar::load
