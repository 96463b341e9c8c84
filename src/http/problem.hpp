#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.hpp"
#include "http/message.hpp"

namespace bazar::http {

/// An error for the client (RFC 9457). `type` is `/problems/<slug>`. Details never repeat input unescaped,
/// addresses or traces.
struct Problem {
  unsigned status = 500;
  std::string slug;
  std::string title;
  std::string detail = {};
  /// Further members: name and JSON text (`{"available", "0"}`).
  std::vector<std::pair<std::string, std::string>> members = {};
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
};

[[nodiscard]] Response to_response(const Problem& problem);

/// 400 `/problems/invalid-request` with the member `field`.
[[nodiscard]] Problem bad_request(const FieldError& error);
[[nodiscard]] Problem not_found(std::string detail);
/// 503 `/problems/unavailable`, 1 s to wait.
[[nodiscard]] Problem unavailable(std::string detail);
/// 503 `/problems/overloaded`: nothing was done, 1 s to wait.
[[nodiscard]] Problem overloaded(std::string detail);
[[nodiscard]] bool is_overloaded(const Problem& problem);

/// The problem that a server answered with, in the words it used. `/problems/refused` where the body is none.
[[nodiscard]] Problem read_problem(unsigned status, std::string_view body);

}  // namespace bazar::http
