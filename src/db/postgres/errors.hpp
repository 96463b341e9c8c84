#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/errors.hpp"

namespace bazar::db::postgres {

/// The connection broke: what was under way may have been done or not.
class ConnectionLost : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

/// The server answered that it is not able to, or not now (SQLSTATE classes such as 08, 53, 57, and a server
/// that is read-only). Nothing of that transaction was done.
class ServerUnable : public Unavailable {
 public:
  ServerUnable(std::string sqlstate, const std::string& what)
      : Unavailable(what), sqlstate_(std::move(sqlstate)) {}
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// The server refuses a statement as wrong: a constraint, a syntax error, a missing table. A bug, no outage.
class SqlError : public std::runtime_error {
 public:
  SqlError(std::string sqlstate, const std::string& what)
      : std::runtime_error(what), sqlstate_(std::move(sqlstate)) {}
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// SQLSTATE of what the role has no right to.
inline constexpr std::string_view insufficient_privilege = "42501";

/// Whether an error of this SQLSTATE is the server's inability rather than the statement's fault.
[[nodiscard]] bool is_outage(std::string_view sqlstate);

/// Throws ServerUnable or SqlError.
[[noreturn]] void throw_server_error(std::string sqlstate, const std::string& message);

}  // namespace bazar::db::postgres
