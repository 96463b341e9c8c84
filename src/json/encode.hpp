#pragma once

#include <string>

#include "json/types.hpp"

namespace bazar::json {

/// Appends `value` as JSON text. `T` is bool, an integer, std::string(_view), std::vector, std::optional (a
/// struct member: left out when empty), OrNull, Raw, Money (a number with the currency's decimals), BookId,
/// OrderId, WallTime (RFC 3339), or a struct described with BOOST_DESCRIBE_STRUCT whose members are of these
/// types.
template <class T>
void encode(std::string& out, const T& value, const Format& format = {});

template <class T>
[[nodiscard]] std::string encode(const T& value, const Format& format = {});

}  // namespace bazar::json

#include "json/encode_impl.hpp"
