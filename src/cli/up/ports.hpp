#pragma once

#include <cstdint>
#include <string>

namespace bazar::cli {

/// Whether a server could listen there now. Throws UsageError where `host` is no address of this machine.
[[nodiscard]] bool port_is_free(const std::string& host, std::uint16_t port);

/// A port that nobody listens on, as bazar::any_free_port finds one. Throws UsageError likewise.
[[nodiscard]] std::uint16_t any_free_port(const std::string& host);

/// `0.0.0.0` or `::`: listens everywhere, but is no address to call.
[[nodiscard]] bool is_any_address(const std::string& host);

/// `http://host:port`, IPv6 in brackets.
[[nodiscard]] std::string url_of(const std::string& host, std::uint16_t port);

}  // namespace bazar::cli
