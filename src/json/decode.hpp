#pragma once

#include <expected>
#include <string_view>

#include "base/errors.hpp"
#include "json/types.hpp"

namespace bazar::json {

/// Reads exactly one JSON value of type `T` (as in encode.hpp; also `Patch<…>` members) and refuses
/// everything else: text around it, unknown, missing or repeated members, null where the type has none,
/// numbers out of the type's range, fractions for integers, money with too many decimals or negative (exact:
/// no rounding), invalid UTF-8, control characters in strings, nesting deeper than 16. The error names the
/// field (`lines[0].quantity`; an unknown one only where its name is a plain identifier) and repeats nothing
/// else of the input.
template <class T>
[[nodiscard]] std::expected<T, FieldError> decode(std::string_view text, const Format& format = {});

}  // namespace bazar::json

#include "json/decode_impl.hpp"
