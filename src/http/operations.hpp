#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "http/router.hpp"
#include "observe/metrics.hpp"

namespace bazar::http {

/// Says why the process cannot serve now, or nothing when it can.
using Readiness = std::function<Task<std::optional<std::string>>()>;

/// The process that answered `/healthz` or `/readyz`: on one machine ports pass from one store to another,
/// and processes of two stores bear equal names.
inline constexpr auto pid_header = "Bazar-Pid";

/// Adds what every server has: `GET /healthz`, `/readyz`, `/metrics`, `/version`.
void add_operations(Router& router, Readiness readiness, observe::Metrics& metrics, std::string name);

/// The release, as `bazar --version` prints it.
[[nodiscard]] std::string_view version();
/// `bazar/` and the release.
[[nodiscard]] std::string_view user_agent();

/// Guards a private tier: a request from a loopback address is let in without a token, any other must bear
/// the service token, and a wrong token is refused from anywhere. Wraps `handler`; the answer otherwise is
/// 401.
[[nodiscard]] Handler require_service_token(std::string token, Handler handler);

}  // namespace bazar::http
