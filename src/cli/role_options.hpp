#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/money.hpp"

namespace bazar::cli {

/// The flags that catalog, orders and frontend share.
struct RoleOptions {
  std::string name;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string advertise_url;
  unsigned threads = 1;
  std::string service_token_file;
  std::string log_level = "info";
};
void add_role_options(CLI::App& command, RoleOptions& options);

/// `--on-write`, of a catalog and of `up`: `invalidate` or `update` (catalog::OnWrite).
void add_on_write_option(CLI::App& command, std::string& on_write);

/// Chooses the port and the name where none was given, checks that the port is free and that others can be
/// told an address. Throws UsageError or Failure.
void settle(RoleOptions& options, const std::string& role);

/// The value of `--currency`. Throws UsageError.
[[nodiscard]] Currency known_currency(const std::string& code);

[[nodiscard]] bool is_postgres(std::string_view database);

// Checks of a single flag's value, for CLI::Option::check.
[[nodiscard]] CLI::Validator whole_number(std::int64_t least, std::int64_t most);
[[nodiscard]] CLI::Validator ip_address();    ///< an IP address or `localhost`, which becomes 127.0.0.1
[[nodiscard]] CLI::Validator http_url();      ///< `http://HOST:PORT`
[[nodiscard]] CLI::Validator database_url();  ///< `sqlite:DIR` or `postgresql://…`
[[nodiscard]] CLI::Validator cache_url();
[[nodiscard]] CLI::Validator member_name();

}  // namespace bazar::cli
