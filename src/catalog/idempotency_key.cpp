#include "catalog/idempotency_key.hpp"

#include "base/text.hpp"
#include "http/message.hpp"
#include "http/syntax.hpp"

namespace bazar::catalog {
namespace {

constexpr std::string_view header_name = "Idempotency-Key";

std::unexpected<FieldError> refuse(std::string detail) {
  return std::unexpected(FieldError{std::string(header_name), std::move(detail)});
}

/// Empty where the quoting is not that of RFC 8941, 3.3.3: only `\"` and `\\` are escapes.
std::optional<std::string> unquote(std::string_view quoted) {
  if (quoted.size() < 2 || quoted.back() != '"') return std::nullopt;
  std::string text;
  const auto inside = quoted.substr(1, quoted.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '"') return std::nullopt;
    if (inside[i] == '\\') {
      ++i;
      if (i == inside.size() || (inside[i] != '"' && inside[i] != '\\')) return std::nullopt;
    }
    text.push_back(inside[i]);
  }
  return text;
}

}  // namespace

std::expected<std::string, FieldError> parse_idempotency_key(std::string_view header) {
  std::optional<std::string> key(header);
  if (header.starts_with('"')) key = unquote(header);
  if (!key) return refuse("must be a quoted string with both its quotes, or bare");
  if (!is_visible_ascii_key(*key)) return refuse("must be 1 to 255 visible ASCII characters");
  return *std::move(key);
}

std::expected<std::optional<std::string>, FieldError> idempotency_key(const http::Request& request) {
  std::optional<std::string> found;
  for (const auto& [name, value] : request.headers) {
    if (!http::equal_ignoring_case(name, header_name)) continue;
    if (found) return refuse("must be given once");
    auto key = parse_idempotency_key(value);
    if (!key) return std::unexpected(std::move(key.error()));
    found = *std::move(key);
  }
  return found;
}

}  // namespace bazar::catalog
