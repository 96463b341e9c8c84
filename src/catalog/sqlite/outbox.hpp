#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "db/sqlite/database.hpp"

namespace bazar::catalog {

// The outbox: which sales are not yet known to be orders, as ranges of row ids of `sales` that do not
// overlap. Within the writer's transaction.

/// Adds sales that this transaction has inserted; rising ids.
void add_unprojected(db::Database& database, std::span<const std::int64_t> sale_ids);

/// These are orders now. Ids of no sale, and of one that was reported before, change nothing.
void remove_projected(db::Database& database, std::vector<OrderId> order_ids);

}  // namespace bazar::catalog
