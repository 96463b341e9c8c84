#include "catalog/writes/validity.hpp"

#include <stdexcept>

namespace bazar::catalog {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(what);
}

}  // namespace

void require_valid(const BookDraft& draft) {
  require(draft.quantity >= 0 && draft.quantity <= max_stock, "stock out of range");
  require(draft.price.minor >= 0 && draft.price.minor <= Money::max, "price out of range");
  require(!draft.id || (draft.id->value > 0 && draft.id->value <= BookId::max), "book id out of range");
}

void require_valid(const BookPatch& patch) {
  const std::int64_t quantity = patch.quantity.value_or(0);
  require(quantity >= 0 && quantity <= max_stock, "stock out of range");
  require(patch.price.value_or(Money{}).minor >= 0, "price out of range");
}

void require_valid(const SaleRequest& sale) {
  require(!sale.key.empty(), "a sale needs an idempotency key");
  require(!sale.lines.empty() && sale.lines.size() <= max_lines, "lines out of range");
  for (const SaleLine& line : sale.lines) {
    require(line.quantity >= 1 && line.quantity <= max_line_quantity, "quantity out of range");
  }
}

}  // namespace bazar::catalog
