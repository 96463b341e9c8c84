#pragma once

#include <map>
#include <string>
#include <string_view>

namespace bazar::cli {

/// Which column or member of a file each field of a book is in. A field that is not named is where its own
/// name is.
class FieldMap {
 public:
  FieldMap() = default;
  /// From `title=Name,topic=Subject`. Throws UsageError where that is not its form or names no field of a
  /// book.
  explicit FieldMap(std::string_view text);

  [[nodiscard]] std::string_view source_of(std::string_view field) const;
  [[nodiscard]] bool is_named(std::string_view field) const { return sources_.contains(field); }
  [[nodiscard]] bool empty() const { return sources_.empty(); }

 private:
  std::map<std::string, std::string, std::less<>> sources_;
};

}  // namespace bazar::cli
