#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bazar::frontend {

/// What an answer is written in.
enum class Representation : std::uint8_t {
  json,  ///< for programs, and where nothing else is asked for
  html,  ///< a page for a browser
  text,  ///< friendly lines for a terminal
};

/// The representation that an `Accept` header asks for (RFC 9110, 12.5.1): the highest quality wins, then the
/// more specific range, then the order above. JSON where the header is absent or nothing in it can be had: an
/// answer helps more than a 406.
[[nodiscard]] Representation negotiate(std::optional<std::string_view> accept);

/// An entity tag for one representation: `"17"` → `"17"`, `"17-html"`, `"17-text"` (RFC 9110, 8.8.3: strong
/// tags differ where bytes do).
[[nodiscard]] std::string tag_of(Representation as, std::string_view etag);

}  // namespace bazar::frontend
