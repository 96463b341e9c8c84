#include "cli/up/store_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/failure.hpp"
#include "cli/up/ports.hpp"

namespace bazar::cli {
namespace {

constexpr auto loopback = "127.0.0.1";
constexpr std::uint16_t first_catalog_port = 8101;
constexpr std::uint16_t first_orders_port = 8201;

bool contains(const std::vector<std::uint16_t>& ports, std::uint16_t port) {
  return std::ranges::find(ports, port) != ports.end();
}

// Any free port, none of them twice: one that was found free is not taken yet.
std::uint16_t another_free_port(const std::string& host, std::vector<std::uint16_t>& used) {
  auto port = any_free_port(host);
  while (contains(used, port)) port = any_free_port(host);
  used.push_back(port);
  return port;
}

std::vector<std::uint16_t> private_ports(std::uint16_t first, unsigned count, bool any,
                                         std::vector<std::uint16_t>& used) {
  std::vector<std::uint16_t> ports;
  for (unsigned i = 0; i < count; ++i) {
    const auto wanted = static_cast<std::uint16_t>(first + i);
    const bool free = !any && !contains(used, wanted) && port_is_free(loopback, wanted);
    ports.push_back(free ? wanted : another_free_port(loopback, used));
    used.push_back(ports.back());
  }
  return ports;
}

// Where a process on this machine reaches the front-end.
std::string local_url(const std::string& host, std::uint16_t port) {
  return url_of(is_any_address(host) ? loopback : host, port);
}

ChildPlan plan_child(catalog::Role role, std::size_t index, const std::string& host, std::uint16_t port,
                     const std::filesystem::path& service_token) {
  ChildPlan child{.role = role,
                  .name = fmt::format("{}-{}", to_string(role), index + 1),
                  .url = local_url(host, port),
                  .arguments = {}};
  child.arguments = {std::string(to_string(role)),
                     "--name",
                     child.name,
                     "--host",
                     host,
                     "--port",
                     fmt::to_string(port),
                     "--advertise",
                     child.url,
                     "--service-token-file",
                     service_token.string()};
  return child;
}

void append(std::vector<std::string>& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

}  // namespace

StorePorts choose_ports(const StoreOptions& options) {
  if (options.port != 0 && options.port + options.frontends - 1 > 65'535) {
    throw UsageError(
        fmt::format("--port {}: {} front-ends do not fit below 65536", options.port, options.frontends));
  }
  const bool any = options.port == 0;
  std::vector<std::uint16_t> used;
  StorePorts ports;
  for (unsigned i = 0; i < options.frontends; ++i) {
    const auto port =
        any ? another_free_port(options.host, used) : static_cast<std::uint16_t>(options.port + i);
    if (!any && !port_is_free(options.host, port)) {
      throw Failure(
          fmt::format("port {} on {} is taken: stop what listens there, or choose another with --port", port,
                      options.host));
    }
    ports.frontends.push_back(port);
    used.push_back(port);
  }
  ports.catalogs = private_ports(first_catalog_port, options.catalogs, any, used);
  ports.orders = private_ports(first_orders_port, options.orders, any, used);
  return ports;
}

std::vector<ChildPlan> plan_store(const StoreOptions& options, const StorePorts& ports,
                                  const std::filesystem::path& service_token,
                                  const std::filesystem::path& shopkeeper_token) {
  std::vector<ChildPlan> children;
  for (std::size_t i = 0; i < ports.catalogs.size(); ++i) {
    auto child = plan_child(catalog::Role::catalog, i, loopback, ports.catalogs[i], service_token);
    append(child.arguments, {"--database", options.database, "--on-write", options.on_write});
    if (options.demo_books) append(child.arguments, {"--demo-books"});
    children.push_back(std::move(child));
  }
  // Each starts from another catalog, so that no single one is needed by all.
  const auto catalog_for = [&](std::size_t i) {
    return url_of(loopback, ports.catalogs[i % ports.catalogs.size()]);
  };
  for (std::size_t i = 0; i < ports.orders.size(); ++i) {
    auto child = plan_child(catalog::Role::orders, i, loopback, ports.orders[i], service_token);
    append(child.arguments, {"--database", options.database, "--catalog", catalog_for(i)});
    children.push_back(std::move(child));
  }
  for (std::size_t i = 0; i < ports.frontends.size(); ++i) {
    auto child = plan_child(catalog::Role::frontend, i, options.host, ports.frontends[i], service_token);
    append(child.arguments,
           {"--catalog", catalog_for(i), "--shopkeeper-token-file", shopkeeper_token.string(), "--cache",
            cache_of(options.frontend), "--rate-limit", fmt::to_string(options.frontend.rate_limit)});
    children.push_back(std::move(child));
  }
  return children;
}

std::string public_url(const StoreOptions& options, const StorePorts& ports) {
  const auto url = local_url(options.host, ports.frontends.front());
  return url.starts_with("http://127.0.0.1:")
             ? url_of("127.0.0.1", ports.frontends.front()).replace(7, 9, "localhost")
             : url;
}

}  // namespace bazar::cli
