#pragma once

#include <string>
#include <vector>

#include "http/loop_pool.hpp"

namespace bazar::http {

/// Binds and listens, one acceptor a loop. Several share the port by SO_REUSEPORT, yet an address that
/// another process listens on is refused, also if that one would share. Throws std::system_error.
[[nodiscard]] std::vector<Acceptor> listen(LoopPool& loops, const std::string& host, std::uint16_t port);

}  // namespace bazar::http
