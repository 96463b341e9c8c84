#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace bazar::harness {

/// Which of these processes owns the end of a TCP connection over 127.0.0.1 whose own port is `local_port`;
/// the other end's is `remote_port`. Empty: none of them, or there is no such connection. Asks the kernel for
/// that one socket (sock_diag(7)): the time does not depend on how many others there are. Throws
/// std::system_error where the kernel refuses.
[[nodiscard]] std::optional<pid_t> owner_of_connection(std::uint16_t local_port, std::uint16_t remote_port,
                                                       const std::vector<pid_t>& pids);

}  // namespace bazar::harness
