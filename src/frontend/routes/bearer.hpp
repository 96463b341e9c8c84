#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/problem.hpp"

namespace bazar::frontend {

/// Whether `request` bears `token` (RFC 6750). Never where `token` is empty. Takes the same time for every
/// wrong token.
[[nodiscard]] bool bears_token(const http::Request& request, std::string_view token);

/// What whoever lacks the token is told, and the `WWW-Authenticate` that goes with it.
[[nodiscard]] http::Problem token_problem();
[[nodiscard]] std::string challenge(std::string_view realm);

/// Both as JSON: 401 with `WWW-Authenticate: Bearer realm="…"`.
[[nodiscard]] http::Response unauthorized(std::string_view realm);

}  // namespace bazar::frontend
