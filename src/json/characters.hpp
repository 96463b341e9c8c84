#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

/// What stands for itself within a JSON string, looked for eight bytes at a time.
namespace bazar::json::detail {

static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");

inline constexpr std::uint64_t ones = 0x0101010101010101;
inline constexpr std::uint64_t tops = ones << 7;

[[nodiscard]] inline std::uint64_t load_word(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// In both, the lowest bit that is set is right; above it there may be wrong ones, since subtractions borrow.

/// The top bit of each byte that needs an escape: control characters, quotation mark, backslash.
[[nodiscard]] inline std::uint64_t escaped_bytes(std::uint64_t word) {
  return ((word - ones * 0x20) | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones)) & ~word & tops;
}

/// The top bit of each byte that is not printable ASCII, or needs an escape.
[[nodiscard]] inline std::uint64_t special_bytes(std::uint64_t word) {
  return escaped_bytes(word) | ((word | (word + ones)) & tops);
}

/// The index in its word of the first byte that a mask of the above names. `mask` is not 0.
[[nodiscard]] inline std::size_t first_byte(std::uint64_t mask) {
  return static_cast<std::size_t>(std::countr_zero(mask)) / 8;
}

}  // namespace bazar::json::detail
