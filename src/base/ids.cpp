#include "base/ids.hpp"

#include <charconv>

#include "base/random.hpp"

namespace bazar {

std::optional<BookId> parse_book_id(std::string_view text) {
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  BookId id;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
  if (error != std::errc{} || end != text.data() + text.size() || id.value > BookId::max) return std::nullopt;
  return id;
}

std::string to_string(const OrderId& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[id.bytes[i] >> 4];
    text += digits[id.bytes[i] & 15];
  }
  return text;
}

std::optional<OrderId> parse_order_id(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  OrderId id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int value = 0;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      value = c - 'A' + 10;
    } else {
      return std::nullopt;
    }
    auto& byte = id.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(nibble % 2 == 0 ? value << 4 : byte | value);
    ++nibble;
  }
  return id;
}

OrderId OrderIdGenerator::next() {
  const std::int64_t ms = clock_.wall().time_since_epoch().count();
  OrderId id;
  random_bytes(id.bytes);
  if (ms > last_ms_) {
    last_ms_ = ms;
    counter_ =
        static_cast<std::uint32_t>(id.bytes[6] & 7) << 8 | id.bytes[7];  // the top bit stays free to count
  } else if (++counter_ > 0xFFF) {
    ++last_ms_;  // the counter is full: borrow from the next millisecond, order is kept
    counter_ = 0;
  }
  for (int i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(last_ms_ >> (40 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
  id.bytes[7] = static_cast<std::uint8_t>(counter_);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3F));
  return id;
}

}  // namespace bazar
