#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/copy/copier.hpp"

namespace bazar::cli {

/// The services that own a database.
enum class Owner : std::uint8_t { catalog, orders };

/// Brings the schema of one service in a PostgreSQL database up to date. Throws Failure with what is wrong.
void migrate_database(Owner owner, const std::string& target);

/// Copies the database of one service, whose processes are stopped, from `folder` into an empty PostgreSQL
/// database, or goes on with a copy that was cut off; then compares both. Throws Failure.
[[nodiscard]] std::vector<TableCopy> copy_database(Owner owner, const std::filesystem::path& folder,
                                                   const std::string& target, const Copier::Report& report);

}  // namespace bazar::cli
