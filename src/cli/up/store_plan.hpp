#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "catalog/membership/member.hpp"
#include "cli/frontend_options.hpp"

namespace bazar::cli {

/// What `bazar up` was asked for.
struct StoreOptions {
  std::string host = "127.0.0.1";  ///< of the front-ends; the private tiers listen on loopback
  std::uint16_t port = 8080;       ///< of the first front-end, the next ones follow; 0: any free ports
  unsigned frontends = 1;
  unsigned catalogs = 2;
  unsigned orders = 2;
  std::string database;  ///< sqlite:DIR
  std::string on_write = "update";
  FrontendOptions frontend;
  bool demo_books = true;
};

/// One process of the store.
struct ChildPlan {
  catalog::Role role;
  std::string name;                    ///< catalog-1
  std::string url;                     ///< as the others on this machine call it
  std::vector<std::string> arguments;  ///< of the command line
};

/// The ports of one store, in order of name.
struct StorePorts {
  std::vector<std::uint16_t> frontends;
  std::vector<std::uint16_t> catalogs;
  std::vector<std::uint16_t> orders;
};

/// Public ports are as asked: Failure where one is taken. Private ones are 8101… and 8201… where those are
/// free, else any.
[[nodiscard]] StorePorts choose_ports(const StoreOptions& options);

/// Every process of the store, catalogs first, front-ends last.
[[nodiscard]] std::vector<ChildPlan> plan_store(const StoreOptions& options, const StorePorts& ports,
                                                const std::filesystem::path& service_token,
                                                const std::filesystem::path& shopkeeper_token);

/// What a person types into a browser.
[[nodiscard]] std::string public_url(const StoreOptions& options, const StorePorts& ports);

}  // namespace bazar::cli
