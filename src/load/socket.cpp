#include "load/socket.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace bazar::load {
namespace {

Socket::Transfer outcome(ssize_t bytes) {
  if (bytes >= 0) return {.bytes = static_cast<std::size_t>(bytes)};
  return {.ended = errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR};
}

}  // namespace

Address resolve(const http::Endpoint& endpoint) {
  addrinfo wanted{};
  wanted.ai_flags = AI_NUMERICSERV;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  if (error != 0) throw Unavailable(fmt::format("{}: {}", http::to_url(endpoint), ::gai_strerror(error)));
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  return address;
}

Socket Socket::connect(const Address& address) {
  Socket socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return {};
  const int on = 1;
  ::setsockopt(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* const to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket.descriptor_, to, address.size) != 0 && errno != EINPROGRESS) return {};
  return socket;
}

bool Socket::is_connected() const {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

void Socket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Socket::Transfer Socket::send(std::string_view bytes) const {
  return outcome(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

Socket::Transfer Socket::receive(std::span<char> room) const {
  const ssize_t bytes = ::recv(descriptor_, room.data(), room.size(), 0);
  return bytes == 0 ? Transfer{.ended = true} : outcome(bytes);
}

}  // namespace bazar::load
