#pragma once

#include <optional>
#include <string>

namespace bazar::json {

/// How amounts of money are written: the store's currency decides.
struct Format {
  unsigned money_decimals = 2;
};

/// A member of a merge patch (RFC 7396): absent (leave alone), null (remove) or a value (set).
template <class T>
struct Patch {
  bool present = false;
  std::optional<T> value;  ///< empty while `present`: null
  friend bool operator==(const Patch&, const Patch&) = default;
};

/// A member that is always written, as null when empty. A plain `std::optional` is left out when empty.
template <class T>
struct OrNull {
  std::optional<T> value;
  friend bool operator==(const OrNull&, const OrNull&) = default;
};

/// JSON text that is copied as it is. Whoever makes one answers for its form. Encoding only.
struct Raw {
  std::string text;
};

}  // namespace bazar::json
