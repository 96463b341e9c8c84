#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>

namespace bazar {

/// Whether a server could listen there now: no error, or why it could not. Nothing listens afterwards.
[[nodiscard]] boost::system::error_code try_to_listen(const boost::asio::ip::tcp::endpoint& endpoint);

/// A port that nobody listens on now, by chance out of thousands, and that the kernel gives to nobody who
/// asks for any port or connects without naming one (ip(7), ip_local_port_range). Nothing reserves it: who
/// names it, as another caller of this that was given the same one, may listen there before the server that
/// it is meant for. Where that range leaves too little below it, a port of the range. Throws
/// boost::system::system_error where nobody could listen at `host`.
[[nodiscard]] std::uint16_t any_free_port(const boost::asio::ip::address& host);

}  // namespace bazar
