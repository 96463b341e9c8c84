#include "tests/harness/socket_owner.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>

#include "base/task.hpp"

namespace bazar::harness {
namespace {

using asio::ip::tcp;

class SocketOwnerTest : public testing::Test {
 protected:
  SocketOwnerTest() {
    client_.connect(acceptor_.local_endpoint());
    server_ = acceptor_.accept();
  }

  asio::io_context loop_;
  tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
  tcp::socket client_{loop_};
  tcp::socket server_{loop_};
};

TEST_F(SocketOwnerTest, finds_the_process_among_others) {
  const std::uint16_t client = client_.local_endpoint().port();
  const std::uint16_t server = acceptor_.local_endpoint().port();
  EXPECT_EQ(owner_of_connection(client, server, {1, getpid()}), getpid());
  EXPECT_EQ(owner_of_connection(server, client, {getpid()}), getpid());
}

TEST_F(SocketOwnerTest, knows_none_that_is_not_asked_about) {
  EXPECT_EQ(owner_of_connection(client_.local_endpoint().port(), acceptor_.local_endpoint().port(), {1}),
            std::nullopt);
}

TEST_F(SocketOwnerTest, knows_none_of_a_connection_that_is_not) {
  const std::uint16_t client = client_.local_endpoint().port();
  EXPECT_EQ(owner_of_connection(client, client, {getpid()}), std::nullopt);
}

}  // namespace
}  // namespace bazar::harness
