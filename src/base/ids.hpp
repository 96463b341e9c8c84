#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace bazar {

/// A book's number in the catalog: 1 … 2⁵³−1, so that every JSON reader can hold it.
struct BookId {
  static constexpr std::int64_t max = (std::int64_t{1} << 53) - 1;
  std::int64_t value = 0;
  friend auto operator<=>(BookId, BookId) = default;
};

/// Parses decimal digits without sign or leading zero. Empty if `text` is no BookId.
[[nodiscard]] std::optional<BookId> parse_book_id(std::string_view text);

/// The catalog's write counter: raised by every write batch in its own transaction. A book's version is the
/// revision of its last change.
using Revision = std::int64_t;

/// An order's number: UUID version 7 (RFC 9562), so that ids made later sort later.
struct OrderId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const OrderId&, const OrderId&) = default;
};

/// Lower-case text with hyphens, 36 characters.
[[nodiscard]] std::string to_string(const OrderId& id);
/// Any UUID in text, upper or lower case. Empty if `text` is none.
[[nodiscard]] std::optional<OrderId> parse_order_id(std::string_view text);

/// Makes UUIDv7 values that rise within a process, also within one millisecond (RFC 9562, 6.2, method 1).
/// Not thread-safe: one a thread.
class OrderIdGenerator {
 public:
  explicit OrderIdGenerator(const Clock& clock) : clock_(clock) {}
  [[nodiscard]] OrderId next();

 private:
  const Clock& clock_;
  std::int64_t last_ms_ = 0;
  std::uint32_t counter_ = 0;
};

}  // namespace bazar

template <>
struct std::hash<bazar::BookId> {
  std::size_t operator()(bazar::BookId id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
