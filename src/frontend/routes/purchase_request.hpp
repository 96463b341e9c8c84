#pragma once

#include <expected>
#include <string>

#include "base/errors.hpp"
#include "frontend/key_generator.hpp"
#include "http/message.hpp"
#include "orders/order.hpp"

namespace bazar::frontend {

// A request without an Idempotency-Key gets one from `keys`: without it this server could not repeat the
// purchase safely. They rise, so that the catalog's index of keys grows at its end.

/// Reads `POST /purchase/{id}` with `{"name":…,"quantity":…}` (quantity optional: 1).
[[nodiscard]] std::expected<orders::PurchaseRequest, FieldError> read_purchase(const http::Request& request,
                                                                               KeyGenerator& keys);

/// Reads `POST /checkout` with `{"name":…,"lines":[{"book_id":…,"quantity":…}]}`. A book may be in one line
/// only.
[[nodiscard]] std::expected<orders::PurchaseRequest, FieldError> read_checkout(const http::Request& request,
                                                                               KeyGenerator& keys);

}  // namespace bazar::frontend
