#include "cli/up/ports.hpp"

#include <gtest/gtest.h>

#include "base/task.hpp"
#include "cli/failure.hpp"

namespace bazar::cli {
namespace {

using asio::ip::tcp;

TEST(Ports, tells_a_taken_port_from_a_free_one) {
  Loop loop;
  Acceptor listener(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto port = listener.local_endpoint().port();
  EXPECT_FALSE(port_is_free("127.0.0.1", port));
  EXPECT_FALSE(port_is_free("0.0.0.0", port));
  listener.close();
  EXPECT_TRUE(port_is_free("127.0.0.1", port));
}

TEST(Ports, finds_a_free_one) {
  const auto port = any_free_port("127.0.0.1");
  EXPECT_NE(port, 0);
  EXPECT_TRUE(port_is_free("127.0.0.1", port));
}

TEST(Ports, refuses_what_is_no_address_of_this_machine) {
  EXPECT_THROW((void)port_is_free("example", 80), UsageError);
  EXPECT_THROW((void)any_free_port("192.0.2.1"), UsageError);
}

TEST(Ports, writes_urls) {
  EXPECT_EQ(url_of("127.0.0.1", 80), "http://127.0.0.1:80");
  EXPECT_EQ(url_of("::1", 8080), "http://[::1]:8080");
  EXPECT_TRUE(is_any_address("0.0.0.0"));
  EXPECT_TRUE(is_any_address("::"));
  EXPECT_FALSE(is_any_address("10.0.0.1"));
}

}  // namespace
}  // namespace bazar::cli
