#include "cli/up/ports.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>

#include "base/task.hpp"
#include "base/tcp_ports.hpp"
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

[[noreturn]] void refuse(const std::string& host, const boost::system::error_code& error) {
  throw UsageError(fmt::format("cannot listen on {}: {}", host, error.message()));
}

}  // namespace

bool port_is_free(const std::string& host, std::uint16_t port) {
  const auto error = try_to_listen(endpoint_of(host, port));
  if (error == asio::error::address_in_use) return false;
  if (error == asio::error::access_denied)
    throw Failure(fmt::format("port {} needs more rights than this user has", port));
  if (error) refuse(host, error);
  return true;
}

std::uint16_t any_free_port(const std::string& host) {
  try {
    return bazar::any_free_port(endpoint_of(host, 0).address());
  } catch (const boost::system::system_error& error) {
    refuse(host, error.code());
  }
}

bool is_any_address(const std::string& host) { return endpoint_of(host, 0).address().is_unspecified(); }

std::string url_of(const std::string& host, std::uint16_t port) {
  return endpoint_of(host, 0).address().is_v6() ? fmt::format("http://[{}]:{}", host, port)
                                                : fmt::format("http://{}:{}", host, port);
}

}  // namespace bazar::cli
