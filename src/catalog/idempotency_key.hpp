#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/errors.hpp"

namespace bazar::http {
struct Request;
}

namespace bazar::catalog {

/// The value of an Idempotency-Key header: a quoted string of RFC 8941 or bare text, either way 1 to 255
/// visible ASCII characters once unquoted. `"k1"` and `k1` are the same key.
[[nodiscard]] std::expected<std::string, FieldError> parse_idempotency_key(std::string_view header);

/// The request's key; empty optional where it has none. Several such headers are refused: two readers could
/// pick different ones.
[[nodiscard]] std::expected<std::optional<std::string>, FieldError> idempotency_key(
    const http::Request& request);

}  // namespace bazar::catalog
