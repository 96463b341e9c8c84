#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bazar::harness {

/// Ports of the IPv4 sockets on which `pid` listens, as the kernel tells.
[[nodiscard]] std::vector<std::uint16_t> listening_ports(pid_t pid);

/// `state` of proc(5): R running, S sleeping, T stopped, Z zombie …; empty: no such process.
[[nodiscard]] std::optional<char> process_state(pid_t pid);

}  // namespace bazar::harness
