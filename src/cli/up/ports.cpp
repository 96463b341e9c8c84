#include "cli/up/ports.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>

#include "base/task.hpp"
#include "cli/failure.hpp"

namespace bazar::cli {
namespace {

using asio::ip::tcp;

tcp::endpoint endpoint_of(const std::string& host, std::uint16_t port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) throw UsageError(fmt::format("{} is no IP address", host));
  return {address, port};
}

// Binds as a server would. The port that was bound, or 0 where it is taken.
std::uint16_t try_bind(const std::string& host, std::uint16_t port) {
  const auto endpoint = endpoint_of(host, port);
  Loop loop;
  Acceptor acceptor(loop);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  // Linux lets two sockets bind the same port with SO_REUSEADDR; only listening tells.
  if (!error) acceptor.listen(1, error);
  if (error == asio::error::address_in_use) return 0;
  if (error == asio::error::access_denied)
    throw Failure(fmt::format("port {} needs more rights than this user has", port));
  if (error) throw UsageError(fmt::format("cannot listen on {}: {}", host, error.message()));
  return acceptor.local_endpoint().port();
}

}  // namespace

bool port_is_free(const std::string& host, std::uint16_t port) { return try_bind(host, port) != 0; }

std::uint16_t any_free_port(const std::string& host) {
  const auto port = try_bind(host, 0);
  if (port == 0) throw Failure(fmt::format("no port is free on {}", host));
  return port;
}

bool is_any_address(const std::string& host) { return endpoint_of(host, 0).address().is_unspecified(); }

std::string url_of(const std::string& host, std::uint16_t port) {
  return endpoint_of(host, 0).address().is_v6() ? fmt::format("http://[{}]:{}", host, port)
                                                : fmt::format("http://{}:{}", host, port);
}

}  // namespace bazar::cli
