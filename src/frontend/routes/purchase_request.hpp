#pragma once

#include <expected>
#include <string>

#include "base/errors.hpp"
#include "http/message.hpp"
#include "orders/order.hpp"

namespace bazar::frontend {

/// Reads `POST /purchase/{id}` with `{"name":…,"quantity":…}` (quantity optional: 1).
[[nodiscard]] std::expected<orders::PurchaseRequest, FieldError> read_purchase(const http::Request& request);

/// Reads `POST /checkout` with `{"name":…,"lines":[{"book_id":…,"quantity":…}]}`. A book may be in one line
/// only.
[[nodiscard]] std::expected<orders::PurchaseRequest, FieldError> read_checkout(const http::Request& request);

}  // namespace bazar::frontend
