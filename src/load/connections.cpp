#include "load/connections.hpp"

#include "base/assert.hpp"

namespace bazar::load {
namespace {

using namespace std::chrono_literals;

// A server's queue of connections that it has not accepted yet is short.
constexpr std::size_t max_connecting = 128;
constexpr nanoseconds connect_timeout = 1s;
// Short, so that a time line shows when a server is back.
constexpr nanoseconds retry_after = 20ms;
constexpr std::size_t buffer_bytes = 64 * 1024;

}  // namespace

Connections::Connections(std::vector<Address> targets, std::size_t count, Handler& handler)
    : targets_(std::move(targets)), handler_(handler), connections_(count), buffer_(buffer_bytes) {
  for (Index i = 0; i < count; ++i) to_open_.push_back(i);
}

std::uint64_t Connections::tag(Index connection) const {
  return std::uint64_t{connections_[connection].generation} << 32 | connection;
}

void Connections::send(Index connection, std::string_view request) {
  Connection& c = connections_[connection];
  BAZAR_ASSERT(c.state == State::free, "a connection carries one request at a time");
  c.state = State::busy;
  const Socket::Transfer sent = c.socket.send(request);
  if (sent.ended) {
    lose(connection);
  } else if (sent.bytes < request.size()) {
    c.unsent = request.substr(sent.bytes);
    poller_.change(c.socket, Poller::Interest::both, tag(connection));
  }
}

void Connections::abandon(Index connection) {
  BAZAR_ASSERT(connections_[connection].state == State::busy, "only a request can be abandoned");
  close(connection);
}

void Connections::maintain(Instant now) {
  now_ = now;
  while (!connecting_.empty() && connecting_.front().at <= now) {
    const Later late = connecting_.front();
    connecting_.pop_front();
    const Connection& c = connections_[late.connection];
    if (c.generation == late.generation && c.state == State::connecting) fail_connecting(late.connection);
  }
  while (!to_retry_.empty() && to_retry_.front().at <= now) {
    to_open_.push_back(to_retry_.front().connection);
    to_retry_.pop_front();
  }
  while (!to_open_.empty() && connecting_count_ < max_connecting) {
    const Index connection = to_open_.front();
    to_open_.pop_front();
    open(connection);
  }
}

Instant Connections::wakes_at() const {
  if (!to_open_.empty() && connecting_count_ < max_connecting) return now_;
  Instant wake = now_ + connect_timeout;
  if (!connecting_.empty()) wake = std::min(wake, connecting_.front().at);
  if (!to_retry_.empty()) wake = std::min(wake, to_retry_.front().at);
  return wake;
}

void Connections::open(Index connection) {
  Connection& c = connections_[connection];
  c.state = State::connecting;
  ++connecting_count_;
  c.socket = Socket::connect(targets_[target_of(connection)]);
  if (!c.socket) {
    fail_connecting(connection);
    return;
  }
  poller_.add(c.socket, Poller::Interest::output, tag(connection));
  connecting_.push_back({now_ + connect_timeout, connection, c.generation});
}

void Connections::finish_connecting(Index connection) {
  Connection& c = connections_[connection];
  if (!c.socket.is_connected()) {
    fail_connecting(connection);
    return;
  }
  --connecting_count_;
  ++connected_;
  ++tried_;
  c.state = State::free;
  poller_.change(c.socket, Poller::Interest::input, tag(connection));
  handler_.on_connected();
  handler_.on_free(connection);
}

void Connections::fail_connecting(Index connection) {
  Connection& c = connections_[connection];
  --connecting_count_;
  ++tried_;
  c.socket.close();
  c.state = State::closed;
  ++c.generation;
  to_retry_.push_back({now_ + retry_after, connection, c.generation});
  handler_.on_connect_failed();
}

void Connections::poll(nanoseconds at_most) {
  for (const epoll_event& event : poller_.wait(at_most)) {
    const auto connection = static_cast<Index>(event.data.u64);
    const Connection& c = connections_[connection];
    if (c.generation != event.data.u64 >> 32) continue;
    if (c.state == State::connecting) {
      finish_connecting(connection);
      continue;
    }
    if (!c.unsent.empty() && (event.events & EPOLLOUT) != 0) flush(connection);
    if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && c.socket) receive(connection);
  }
}

void Connections::flush(Index connection) {
  Connection& c = connections_[connection];
  const Socket::Transfer sent = c.socket.send(c.unsent);
  if (sent.ended) {
    lose(connection);
    return;
  }
  c.unsent.erase(0, sent.bytes);
  if (c.unsent.empty()) poller_.change(c.socket, Poller::Interest::input, tag(connection));
}

void Connections::receive(Index connection) {
  Connection& c = connections_[connection];
  const Socket::Transfer received = c.socket.receive(buffer_);
  if (received.ended) {
    end(connection);
    return;
  }
  if (received.bytes == 0) return;
  if (c.state != State::busy) {
    // Nothing was asked: it is about to close, and says why.
    end(connection);
    return;
  }
  std::string_view bytes(buffer_.data(), received.bytes);
  switch (c.scanner.read(bytes)) {
    case ResponseScanner::Step::need_more:
      return;
    case ResponseScanner::Step::malformed:
      lose(connection);
      return;
    case ResponseScanner::Step::complete:
      finish(connection, c.scanner.answer().keep_alive && bytes.empty() && c.unsent.empty());
      return;
  }
}

void Connections::finish(Index connection, bool keep) {
  Connection& c = connections_[connection];
  const Answer answer = c.scanner.answer();
  c.scanner.reset();
  c.has_answered = true;
  c.state = State::free;
  handler_.on_answer(connection, answer);
  if (keep) {
    handler_.on_free(connection);
  } else {
    close(connection);
  }
}

void Connections::end(Index connection) {
  Connection& c = connections_[connection];
  if (c.state == State::free) {
    handler_.on_gone(connection);
    close(connection);
  } else if (c.scanner.read_end() == ResponseScanner::Step::complete) {
    finish(connection, false);
  } else {
    lose(connection);
  }
}

void Connections::lose(Index connection) {
  handler_.on_lost(connection);
  close(connection);
}

void Connections::close(Index connection) {
  Connection& c = connections_[connection];
  c.socket.close();
  c.scanner.reset();
  c.unsent.clear();
  c.state = State::closed;
  ++c.generation;
  --connected_;
  // One that ended before it was of use might end again at once: no hurry.
  if (std::exchange(c.has_answered, false)) {
    to_open_.push_back(connection);
  } else {
    to_retry_.push_back({now_ + retry_after, connection, c.generation});
  }
}

}  // namespace bazar::load
