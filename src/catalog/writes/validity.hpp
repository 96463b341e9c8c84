#pragma once

#include "catalog/store.hpp"

namespace bazar::catalog {

// The callers have validated what they pass; what slips through must not spoil the batch of others. Throws
// std::invalid_argument.
void require_valid(const BookDraft& draft);
void require_valid(const BookPatch& patch);
void require_valid(const SaleRequest& sale);

}  // namespace bazar::catalog
