#pragma once

#include <stdexcept>
#include <string>

namespace bazar::cli {

/// Exit codes of every subcommand.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

/// Refused or failed: one line for standard error, exit code 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Wrong usage: one line for standard error, exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bazar::cli
