#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bazar {

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

/// SHA-256 (FIPS 180-4) of `data` in lower-case hexadecimal, 64 characters.
[[nodiscard]] std::string sha256_hex(std::string_view data);

/// Compares secrets in a time that does not depend on where they differ.
[[nodiscard]] bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace bazar
