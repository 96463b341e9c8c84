#include "cli/role_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

#include "cli/failure.hpp"
#include "cli/up/ports.hpp"
#include "db/postgres/endpoints.hpp"
#include "frontend/cache/cache_options.hpp"
#include "http/client.hpp"

namespace bazar::cli {
namespace {

std::optional<std::int64_t> parse_whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_';
}

}  // namespace

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  auto wanted = fmt::format("a whole number from {} to {}", least, most);
  return {[=](std::string& text) -> std::string {
            const auto value = parse_whole_number(text);
            return value && *value >= least && *value <= most ? "" : "wants " + wanted;
          },
          fmt::format("{}..{}", least, most)};
}

CLI::Validator ip_address() {
  return {[](std::string& text) -> std::string {
            if (text == "localhost") text = "127.0.0.1";
            boost::system::error_code error;
            boost::asio::ip::make_address(text, error);
            return error ? "wants an IP address" : "";
          },
          ""};
}

CLI::Validator http_url() {
  return {[](std::string& text) -> std::string {
            return http::parse_endpoint(text) ? "" : "wants http://HOST:PORT";
          },
          ""};
}

Currency known_currency(const std::string& code) {
  const auto currency = find_currency(code);
  if (!currency) {
    throw UsageError(
        fmt::format("--currency: {} is no currency code that the store knows (ISO 4217, such as USD)", code));
  }
  return *currency;
}

bool is_postgres(std::string_view database) {
  return database.starts_with("postgresql://") || database.starts_with("postgres://");
}

CLI::Validator database_url() {
  return {[](std::string& text) -> std::string {
            if (is_postgres(text)) {
              try {
                return db::postgres::parse_endpoints(text).empty() ? "names no server" : "";
              } catch (const std::invalid_argument&) {
                return "is no connection string that libpq understands";
              }
            }
            constexpr std::string_view scheme = "sqlite:";
            const bool good = text.starts_with(scheme) && text.size() > scheme.size();
            return good ? "" : "wants sqlite:DIR or postgresql://[USER@]HOST[,HOST…]/DATABASE";
          },
          ""};
}

CLI::Validator cache_url() {
  return {[](std::string& text) -> std::string {
            const auto options = frontend::parse_cache_options(text);
            return options ? "" : options.error();
          },
          ""};
}

CLI::Validator member_name() {
  return {[](std::string& text) -> std::string {
            const bool good =
                !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_name_character);
            return good ? "" : "wants 1 to 64 letters, digits, '-', '.' or '_'";
          },
          ""};
}

void add_role_options(CLI::App& command, RoleOptions& options) {
  command.add_option("--name", options.name, "what the others call it (from role and address)")
      ->check(member_name());
  command.add_option("--host", options.host, "address to listen on")
      ->transform(ip_address())
      ->type_name("ADDR")
      ->capture_default_str();
  command.add_option("--port", options.port, "port to listen on; 0: any free one")
      ->check(whole_number(0, 65'535))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--advertise", options.advertise_url,
                  "address that the others are told (http://HOST:PORT of the two above)")
      ->check(http_url())
      ->type_name("URL");
  command.add_option("--threads", options.threads, "event loops")
      ->check(whole_number(1, 256))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--service-token-file", options.service_token_file,
                  "the secret that the services know each other by")
      ->required()
      ->type_name("FILE");
  command.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
}

void add_on_write_option(CLI::App& command, std::string& on_write) {
  command
      .add_option(
          "--on-write", on_write,
          "what front-ends have of a book after a write: nothing until it is read (invalidate), or soon "
          "the new value (update)")
      ->check(CLI::IsMember({"invalidate", "update"}))
      ->capture_default_str();
}

void settle(RoleOptions& options, const std::string& role) {
  if (options.advertise_url.empty() && is_any_address(options.host)) {
    throw UsageError(fmt::format(
        "{} is no address that others can call: name one with --advertise http://HOST:PORT", options.host));
  }
  if (options.port == 0) {
    options.port = any_free_port(options.host);
  } else if (!port_is_free(options.host, options.port)) {
    // Asked here as well as by the server: with several threads its listeners would share the port with
    // another process's.
    throw Failure(fmt::format("port {} on {} is taken", options.port, options.host));
  }
  if (options.name.empty()) {
    // From what the others call: two machines that both listen on every address must not share a name.
    const auto public_endpoint = options.advertise_url.empty() ? http::Endpoint{options.host, options.port}
                                                               : *http::parse_endpoint(options.advertise_url);
    options.name = fmt::format("{}-{}-{}", role, public_endpoint.host, public_endpoint.port);
    std::ranges::replace(options.name, ':', '.');
  }
}

}  // namespace bazar::cli
