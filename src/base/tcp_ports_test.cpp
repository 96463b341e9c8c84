#include "base/tcp_ports.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/task.hpp"

namespace bazar {
namespace {

using asio::ip::tcp;

const asio::ip::address loopback = asio::ip::address_v4::loopback();

TEST(TcpPorts, tells_a_taken_port_from_a_free_one) {
  Loop loop;
  Acceptor listener(loop, tcp::endpoint(loopback, 0));
  const auto port = listener.local_endpoint().port();
  EXPECT_EQ(try_to_listen({loopback, port}), asio::error::address_in_use);
  EXPECT_EQ(try_to_listen({asio::ip::address_v4::any(), port}), asio::error::address_in_use);
  listener.close();
  EXPECT_FALSE(try_to_listen({loopback, port}));
}

TEST(TcpPorts, sees_a_listener_that_shares_its_port) {
  Loop loop;
  Acceptor listener(loop);
  listener.open(tcp::v4());
  listener.set_option(asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>(true));
  listener.bind({asio::ip::address_v4::loopback(), 0});
  listener.listen();
  EXPECT_EQ(try_to_listen({loopback, listener.local_endpoint().port()}), asio::error::address_in_use);
}

TEST(TcpPorts, finds_a_free_one) { EXPECT_FALSE(try_to_listen({loopback, any_free_port(loopback)})); }

TEST(TcpPorts, finds_one_that_the_kernel_gives_to_nobody_else) {
  int first = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first;
  if (first < 20'000) GTEST_SKIP() << "the kernel's range leaves too little below it";
  for (int i = 0; i < 100; ++i) EXPECT_LT(any_free_port(loopback), first);
}

TEST(TcpPorts, of_another_machine_are_none) {
  EXPECT_THROW((void)any_free_port(asio::ip::make_address("192.0.2.1")), boost::system::system_error);
}

}  // namespace
}  // namespace bazar
