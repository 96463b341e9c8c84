#pragma once

#include <string_view>

namespace bazar {

/// Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

/// Has a C0 or C1 control character or DEL. `text` must be UTF-8.
[[nodiscard]] bool has_control_characters(std::string_view text);

/// 1 to 255 visible ASCII characters: what an idempotency key may be.
[[nodiscard]] bool is_visible_ascii_key(std::string_view text);

}  // namespace bazar
