#pragma once

#include <deque>
#include <string>
#include <vector>

#include "load/dispatcher.hpp"
#include "load/poller.hpp"
#include "load/response_scanner.hpp"
#include "load/socket.hpp"

namespace bazar::load {

/// Keep-alive connections to a load's targets, each carrying one request at a time, opened anew whenever they
/// end. For one thread.
class Connections {
 public:
  /// What is told from within poll() and send().
  class Handler {
   public:
    virtual ~Handler() = default;
    /// `connection` can take a request.
    virtual void on_free(Index connection) = 0;
    /// One that could take a request has ended.
    virtual void on_gone(Index connection) = 0;
    virtual void on_answer(Index connection, const Answer& answer) = 0;
    /// It ended, or sent what is not HTTP, before the answer to its request was complete.
    virtual void on_lost(Index connection) = 0;
    virtual void on_connected() = 0;
    virtual void on_connect_failed() = 0;
  };

  /// `count` connections, dealt to `targets` in turn. Opens none yet.
  Connections(std::vector<Address> targets, std::size_t count, Handler& handler);

  /// Sends on a free connection.
  void send(Index connection, std::string_view request);
  /// Nobody waits for the answer any more.
  void abandon(Index connection);

  /// Opens what is closed and gives up what does not connect, as far as that is due at `now`.
  void maintain(Instant now);
  /// When `maintain` has something to do.
  [[nodiscard]] Instant wakes_at() const;
  /// Waits for events no longer than `at_most`, and handles them.
  void poll(nanoseconds at_most);

  [[nodiscard]] std::size_t target_of(Index connection) const { return connection % targets_.size(); }
  [[nodiscard]] std::size_t connected() const { return connected_; }
  /// Whether each was tried to be opened at least once.
  [[nodiscard]] bool all_tried() const { return tried_ >= connections_.size(); }

 private:
  enum class State : std::uint8_t { closed, connecting, free, busy };
  struct Connection {
    Socket socket;
    std::uint32_t generation = 0;  ///< of the socket: events of an earlier one are none of this one's
    State state = State::closed;
    bool has_answered = false;
    ResponseScanner scanner;
    std::string unsent;
  };
  struct Later {
    Instant at;
    Index connection;
    std::uint32_t generation;
  };

  [[nodiscard]] std::uint64_t tag(Index connection) const;
  void open(Index connection);
  void finish_connecting(Index connection);
  void fail_connecting(Index connection);
  void flush(Index connection);
  void receive(Index connection);
  void finish(Index connection, bool keep);
  void end(Index connection);
  void lose(Index connection);
  void close(Index connection);

  const std::vector<Address> targets_;
  Handler& handler_;
  Poller poller_;
  std::vector<Connection> connections_;
  std::vector<char> buffer_;
  std::deque<Index> to_open_;
  std::deque<Later> to_retry_;    ///< in the order of their times
  std::deque<Later> connecting_;  ///< the times are when to give up; may list some that are connected by now
  std::size_t connecting_count_ = 0;
  std::size_t connected_ = 0;
  std::size_t tried_ = 0;
  Instant now_{0};
};

}  // namespace bazar::load
