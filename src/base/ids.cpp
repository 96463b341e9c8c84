#include "base/ids.hpp"

#include <charconv>

#include "base/random.hpp"

namespace bazar {
namespace {

/// Of a hexadecimal digit in either case its value; of any other byte 0xFF.
constexpr auto hex_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(0xFF);
  for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (std::uint8_t i = 10; i < 16; ++i) values['a' + i - 10] = values['A' + i - 10] = i;
  return values;
}();

}  // namespace

std::optional<BookId> parse_book_id(std::string_view text) {
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  BookId id;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
  if (error != std::errc{} || end != text.data() + text.size() || id.value > BookId::max) return std::nullopt;
  return id;
}

std::string to_string(const OrderId& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    text[at++] = digits[id.bytes[i] >> 4];
    text[at++] = digits[id.bytes[i] & 15];
  }
  return text;
}

std::optional<OrderId> parse_order_id(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
  OrderId id;
  std::uint8_t faults = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    const std::uint8_t high = hex_values[static_cast<std::uint8_t>(text[at++])];
    const std::uint8_t low = hex_values[static_cast<std::uint8_t>(text[at++])];
    faults |= high | low;
    id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (faults > 15) return std::nullopt;
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
