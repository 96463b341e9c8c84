#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/money.hpp"
#include "cli/copy/copier.hpp"

namespace bazar::cli {

/// The services that own a database.
enum class Owner : std::uint8_t { catalog, orders };

/// Brings the catalog's schema in a PostgreSQL database up to date; a new one gets `currency`. Returns the
/// currency that it has. Throws Failure with what is wrong.
Currency migrate_catalog(const std::string& target, const Currency& currency);
/// The same for the orders' schema.
void migrate_orders(const std::string& target);

struct CopiedDatabase {
  Owner owner;
  std::vector<TableCopy> tables;
};

/// Copies the databases of services, whose processes are stopped, from `folder` into one empty PostgreSQL
/// database, or goes on with a copy that was cut off, wherever that was; compares both sides, and only then
/// makes the target a store. Throws Failure.
[[nodiscard]] std::vector<CopiedDatabase> copy_databases(std::span<const Owner> owners,
                                                         const std::filesystem::path& folder,
                                                         const std::string& target,
                                                         const Copier::Report& report);

}  // namespace bazar::cli
