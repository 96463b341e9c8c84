#include "base/tcp_ports.hpp"

#include <fstream>
#include <random>

#include "base/task.hpp"

namespace bazar {
namespace {

using asio::ip::tcp;

constexpr int lowest_port = 10'000;  // below are the ports that services are known by
constexpr int enough_ports = 1'000;
constexpr int most_tries = 100;

// Listens as a server would.
boost::system::error_code listen(Acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  // Linux lets two sockets bind the same port with SO_REUSEADDR; only listening tells.
  if (!error) acceptor.listen(1, error);
  return error;
}

// The first port of the kernel's own range; 0 where it cannot be read.
int first_ephemeral_port() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  file >> first;
  return file ? first : 0;
}

}  // namespace

boost::system::error_code try_to_listen(const tcp::endpoint& endpoint) {
  Loop loop;
  Acceptor acceptor(loop);
  return listen(acceptor, endpoint);
}

std::uint16_t any_free_port(const asio::ip::address& host) {
  const int end = first_ephemeral_port();
  if (end >= lowest_port + enough_ports) {
    std::random_device random;
    std::uniform_int_distribution<int> any(lowest_port, end - 1);
    for (int i = 0; i < most_tries; ++i) {
      const auto port = static_cast<std::uint16_t>(any(random));
      if (!try_to_listen({host, port})) return port;
    }
  }
  Loop loop;
  Acceptor acceptor(loop);
  if (const auto error = listen(acceptor, {host, 0})) throw boost::system::system_error(error);
  return acceptor.local_endpoint().port();
}

}  // namespace bazar
