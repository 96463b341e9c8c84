#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.hpp"

namespace bazar::json::detail {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

/// One value of a document. `text` is a string's characters without escapes, otherwise the value as it was
/// written: numbers stay text, because a detour over `double` would round amounts of money.
struct Node {
  const char* data = nullptr;
  std::uint32_t size = 0;      ///< bytes of text; of an array or object: its elements or members
  std::uint32_t kind : 3 = 0;  ///< Kind
  std::uint32_t end : 29 = 0;  ///< index of the node after this value and all within it

  [[nodiscard]] Kind type() const { return static_cast<Kind>(kind); }
  /// Not of an array or object.
  [[nodiscard]] std::string_view text() const { return {data, size}; }
};

/// A whole document in the order of its text; an object's members are pairs of nodes, name and value. Nodes
/// point into the text that was parsed, which must outlive this.
struct Document {
  std::vector<Node> nodes;
  std::deque<std::string> unescaped;  ///< strings that could not point into the text
};

inline constexpr std::size_t max_depth = 16;

/// Parses exactly one JSON text (RFC 8259) of less than 512 MiB without any extension. Repeated names are
/// kept as they come. The error gives the place.
[[nodiscard]] std::expected<Document, FieldError> parse(std::string_view text);

}  // namespace bazar::json::detail
