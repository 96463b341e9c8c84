#pragma once

#include <memory>
#include <string>

#include "orders/store.hpp"

namespace bazar::orders {

/// Opens the store that a `--database` value names: `sqlite:DIR` is the file DIR/orders.db, the folder made
/// where missing; `postgresql://…` a database of its own on a server. Throws std::invalid_argument where it
/// names none, and what the database throws.
[[nodiscard]] std::unique_ptr<Store> open_store(const std::string& database);

}  // namespace bazar::orders
