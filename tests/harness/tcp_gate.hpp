#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/client.hpp"

namespace bazar::harness {

/// A proxy on loopback in front of one server, with a thread of its own, that does to a link what networks
/// do. All calls are from one other thread, and have taken effect when they return.
class TcpGate {
 public:
  enum class Way : std::uint8_t { to_server, to_client, both };

  /// What the link does, each way.
  struct Conduct {
    milliseconds delay{0};             ///< of every byte
    std::size_t bytes_per_second = 0;  ///< 0: no limit
    /// Nothing flows and nobody is told, as behind a firewall that drops; what was sent meanwhile arrives
    /// afterwards, late, as a kernel that retransmits would have it.
    bool hold = false;
  };

  /// Names the process at the other end of an accepted connection, by the peer's port; see `Cluster`.
  using WhoConnects = std::function<std::string(std::uint16_t peer_port)>;

  TcpGate();
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  [[nodiscard]] http::Endpoint endpoint() const;
  [[nodiscard]] std::string url() const { return http::to_url(endpoint()); }

  /// Where it leads. Empty, as at first: connections wait until there is somewhere. Those open stay as they
  /// are.
  void lead_to(std::optional<http::Endpoint> server);
  /// Without it everybody is nobody, "".
  void ask_who_connects(WhoConnects who);

  // Faults. `from` limits them to the connections of that process; others pass. Each replaces the fault
  // before it.
  void pass();
  void conduct(Conduct conduct, Way way = Way::both, std::optional<std::string> from = {});
  /// Resets every connection and refuses new ones.
  void cut(std::optional<std::string> from = {});
  /// The server's end is gone and the client is not told, nor the other way round: connections stay open,
  /// what is sent on them is swallowed, for good; so it goes with new ones while this lasts.
  void half_open(std::optional<std::string> from = {});

  /// So far. To see that a fault met somebody.
  [[nodiscard]] std::size_t connections() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::harness
