#include "http/client_connection.hpp"

#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>

#include "http/response_reader.hpp"

namespace bazar::http {

namespace {
using boost::system::error_code;
constexpr std::size_t read_block = 4 * 1024;
constexpr std::size_t max_read_block = 64 * 1024;
}  // namespace

Task<bool> ClientConnection::connect(asio::ip::tcp::endpoint endpoint) {
  error_code error;
  socket_.close(error);
  co_await socket_.async_connect(endpoint, asio::redirect_error(use_task, error));
  if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  co_return !error && !expired_;
}

Task<bool> ClientConnection::write(std::string_view head, std::string_view body) {
  error_code error;
  for (;;) {
    const std::array<asio::const_buffer, 2> rest{asio::buffer(head), asio::buffer(body)};
    const std::size_t bytes = socket_.write_some(rest, error);
    if (error == asio::error::would_block) {
      co_await socket_.async_wait(asio::socket_base::wait_write, asio::redirect_error(use_task, error));
    }
    if (error) co_return false;
    const std::size_t of_head = std::min(bytes, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(bytes - of_head);
    if (head.empty() && body.empty()) co_return true;
  }
}

Task<ClientConnection::Outcome> ClientConnection::exchange(std::string_view head, std::string_view body,
                                                           bool head_request, std::size_t max_bytes,
                                                           ClientResponse& response) {
  reusable_ = false;
  // A server that refuses early answers and closes: what it said is worth reading even where writing failed.
  const bool written = co_await write(head, body);
  ResponseReader reader(head_request, max_bytes);
  std::size_t filled = 0;
  bool answered = false;
  for (;;) {
    if (buffer_.size() - filled < read_block) buffer_.resize(std::max(buffer_.size() * 2, 2 * read_block));
    error_code error;
    const std::size_t bytes =
        co_await socket_.async_read_some(asio::buffer(buffer_.data() + filled, buffer_.size() - filled),
                                         asio::redirect_error(use_task, error));
    answered = answered || bytes > 0;
    if (error) {
      if (!answered) co_return Outcome::closed_unanswered;
      if (error != asio::error::eof || reader.read_end() != ResponseReader::Step::complete)
        co_return Outcome::lost;
      response = reader.take();
      co_return Outcome::complete;
    }
    filled += bytes;
    std::string_view unread(buffer_.data(), filled);
    const auto step = reader.read(unread);
    if (step == ResponseReader::Step::malformed) co_return Outcome::malformed;
    if (step == ResponseReader::Step::complete) {
      reusable_ = written && reader.keep_alive() && unread.empty() && !expired_;
      response = reader.take();
      if (buffer_.size() > max_read_block) buffer_ = {};
      co_return Outcome::complete;
    }
    buffer_.erase(0, filled - unread.size());
    filled = unread.size();
  }
}

bool ClientConnection::looks_stale() {
  char byte = 0;
  const ssize_t bytes = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return bytes >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void ClientConnection::expire() {
  expired_ = true;
  error_code ignored;  // closing is what ends the operation; it cannot be done better
  socket_.close(ignored);
}

}  // namespace bazar::http
