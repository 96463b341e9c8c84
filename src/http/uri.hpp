#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace bazar::http {

inline constexpr std::size_t max_query_parameters = 100;

enum class PlusSign : bool { literal, space };

/// Printable ASCII without `%`: decodes to itself.
[[nodiscard]] bool is_plain(std::string_view text);

/// Decodes `%XX` once. Empty where an escape is malformed, or the result is not UTF-8 or has control
/// characters.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);

/// Decodes `a=1&b` in order; a name without `=` has an empty value. False where a part cannot be decoded or
/// there are more than `max_query_parameters`.
[[nodiscard]] bool decode_query(std::string_view text, std::vector<std::pair<std::string, std::string>>& out);

/// What of a request target says which resource is meant; both parts as sent.
struct Target {
  std::string_view path;   ///< `*` for OPTIONS of the whole server
  std::string_view query;  ///< without its `?`
};

/// Parts a target of the origin form (`/path?query`) or absolute form, whose authority is left out and whose
/// empty path is `/` (RFC 9112, 3.2.2), or `*` for OPTIONS. Empty for every other form and for a fragment.
[[nodiscard]] std::optional<Target> parse_target(Method method, std::string_view target);

}  // namespace bazar::http
