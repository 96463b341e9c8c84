#include "http/listener.hpp"

#include <sys/socket.h>

#include <system_error>

namespace bazar::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr int backlog = 4096;

void check(const error_code& error, const std::string& what) {
  if (error) throw std::system_error(std::error_code(error), what);
}

tcp::endpoint resolve(Loop& loop, const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) return {address, port};
  asio::ip::basic_resolver<tcp, LoopExecutor> resolver(loop);
  const auto found = resolver.resolve(host, std::to_string(port), error);
  check(error, "cannot resolve " + host);
  return found.begin()->endpoint();
}

void share_port(Acceptor& acceptor) {
  const int on = 1;
  if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    throw std::system_error(errno, std::generic_category(), "SO_REUSEPORT");
  }
}

Acceptor open(Loop& loop, const tcp::endpoint& endpoint) {
  Acceptor acceptor(loop);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  check(error, "cannot open a socket");
  acceptor.set_option(asio::socket_base::reuse_address(true));
  // Accepted sockets inherit it, which saves a system call each.
  acceptor.set_option(tcp::no_delay(true));
  return acceptor;
}

void bind_and_listen(Acceptor& acceptor, const tcp::endpoint& endpoint, const std::string& what) {
  error_code error;
  acceptor.bind(endpoint, error);
  check(error, what);
  acceptor.listen(backlog, error);
  check(error, what);
}

}  // namespace

std::vector<Acceptor> listen(LoopPool& loops, const std::string& host, std::uint16_t port) {
  tcp::endpoint endpoint = resolve(loops.at(0), host, port);
  const std::string what = "cannot listen on " + host + " port " + std::to_string(port);
  std::vector<Acceptor> acceptors;
  // The first is bound and listens alone: another process that listens there makes that fail. Only then does
  // it let our other loops in.
  acceptors.push_back(open(loops.at(0), endpoint));
  bind_and_listen(acceptors.front(), endpoint, what);
  endpoint = acceptors.front().local_endpoint();
  if (loops.size() > 1) share_port(acceptors.front());
  for (std::size_t i = 1; i < loops.size(); ++i) {
    acceptors.push_back(open(loops.at(i), endpoint));
    share_port(acceptors.back());
    bind_and_listen(acceptors.back(), endpoint, what);
  }
  return acceptors;
}

}  // namespace bazar::http
