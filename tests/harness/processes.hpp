#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bazar::harness {

/// Ports of the IPv4 sockets on which `pid` listens, as the kernel tells.
[[nodiscard]] std::vector<std::uint16_t> listening_ports(pid_t pid);

/// Which of these processes owns the connected IPv4 socket with this local port; empty: none of them.
[[nodiscard]] std::optional<pid_t> owner_of_port(std::uint16_t local_port, const std::vector<pid_t>& pids);

/// `state` of proc(5): R running, S sleeping, T stopped, Z zombie …; empty: no such process.
[[nodiscard]] std::optional<char> process_state(pid_t pid);

}  // namespace bazar::harness
