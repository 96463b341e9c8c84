#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace bazar::load {

using std::chrono::nanoseconds;

/// Since the beginning of the load.
using Instant = nanoseconds;
/// Of a connection.
using Index = std::uint32_t;

/// What became of a request that was due.
struct Turn {
  enum class Fate : std::uint8_t {
    send,     ///< on `connection`, now
    expired,  ///< waited for a connection for as long as a client waits at all
    dropped,  ///< came while the backlog was full
  };
  Fate fate = Fate::send;
  Index connection = 0;
  Instant due{0};
  bool waited = false;  ///< for a connection
};

/// Decides which request goes when on which connection. Pure: time is an argument, and never goes back.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;

  /// `connection` can take a request, as it could not before.
  virtual void free(Index connection, Instant now) = 0;
  /// A free connection has ended.
  virtual void gone(Index connection) = 0;
  /// What is to be done at `now`; again until nothing is left. A connection that is to send is not free any
  /// more.
  virtual std::optional<Turn> next(Instant now) = 0;
  /// When there may be more to do though no connection becomes free.
  [[nodiscard]] virtual std::optional<Instant> wakes_at() const = 0;
  /// Requests that are due, and wait for a connection.
  [[nodiscard]] virtual std::size_t backlog() const = 0;
};

}  // namespace bazar::load
