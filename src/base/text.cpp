#include "base/text.hpp"

#include <cstdint>

namespace bazar {

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t length = 0;
    std::uint32_t code = 0;
    std::uint32_t least = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
      length = 2, code = lead & 0x1F, least = 0x80;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      length = 3, code = lead & 0x0F, least = 0x800;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      length = 4, code = lead & 0x07, least = 0x10000;
    } else {
      return false;
    }
    if (text.size() - i < length) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

bool has_control_characters(std::string_view text) {
  // Nearly every text has none of these bytes, which a pass without branches tells many bytes at a time.
  bool suspicious = false;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    suspicious |= (byte < 0x20) | (byte == 0x7F) | (byte == 0xC2);
  }
  if (!suspicious) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // C1 controls, U+0080 … U+009F, are C2 80 … C2 9F in UTF-8.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<std::uint8_t>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

bool is_visible_ascii_key(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  bool other = false;  // without branches, as above
  for (const char c : text) other |= (c < 0x21) | (c > 0x7E);
  return !other;
}

}  // namespace bazar
