#pragma once

#include <vector>

#include "catalog/store.hpp"

namespace bazar::catalog {

/// The seven books that a demonstration store starts with, priced in major units of `currency`. Their keys
/// make a second import a no-op, also of books that were removed since.
[[nodiscard]] std::vector<ImportItem> demo_books(const Currency& currency);

}  // namespace bazar::catalog
