#pragma once

#include "http/message.hpp"

namespace bazar::http {

/// Whether the client takes no answer that may be out of date: `Cache-Control: no-cache` (RFC 9111, 5.2.1.4).
[[nodiscard]] bool forbids_stale(const Request& request);

}  // namespace bazar::http
