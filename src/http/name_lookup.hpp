#pragma once

#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "http/client.hpp"

namespace bazar::http {

/// The addresses of an endpoint; at once where its host is an address. Empty where there are none, or none
/// was found by `deadline` (a resolver that hangs is left behind).
Task<std::vector<asio::ip::tcp::endpoint>> look_up(Endpoint endpoint, SteadyTime deadline);

}  // namespace bazar::http
