#pragma once

#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "http/problem.hpp"

namespace bazar::frontend {

/// Whether `request` bears `token` (RFC 6750). Never where `token` is empty. Takes the same time for every
/// wrong token.
[[nodiscard]] bool bears_token(const http::Request& request, std::string_view token);

/// 401 with `WWW-Authenticate: Bearer realm="…"`.
[[nodiscard]] http::Response unauthorized(std::string_view realm);

}  // namespace bazar::frontend
