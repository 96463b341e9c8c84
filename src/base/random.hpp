#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace bazar {

/// Fills `out` from the operating system's cryptographic generator. Thread-safe.
void random_bytes(std::span<std::uint8_t> out);

/// `bytes` random bytes as lower-case hexadecimal: tokens, incarnations, epochs.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace bazar
