#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "load/random.hpp"

namespace bazar::load {

enum class Operation : std::uint8_t {
  lookup,    ///< GET /info/{id}
  search,    ///< GET /search/{topic}
  purchase,  ///< POST /purchase/{id}, one copy
  fetch,     ///< GET of one fixed path, of any HTTP server
};
inline constexpr std::array operations{Operation::lookup, Operation::search, Operation::purchase,
                                       Operation::fetch};
[[nodiscard]] std::string_view to_string(Operation operation);

/// How often each operation is drawn, in parts of any sum > 0.
struct Mix {
  std::string_view name;
  std::array<double, operations.size()> parts{};
  bool one_book = false;  ///< all lookups and purchases are of the first book

  [[nodiscard]] double part(Operation operation) const {
    return parts.at(static_cast<std::size_t>(operation));
  }
};

/// `browse`, `shop`, `order`: TPC-W's shares of browsing and ordering, 95/5, 80/20 and 50/50, where three of
/// four browsing operations are lookups, the others searches. `lookup`, `search`, `purchase`: nothing else.
/// `hot`: lookups and purchases of one book, 80/20. Empty for other names.
[[nodiscard]] std::optional<Mix> find_mix(std::string_view name);
inline constexpr std::string_view mix_names = "browse, shop, order, lookup, search, purchase, hot";

/// Nothing but `operation`.
[[nodiscard]] Mix only(Operation operation);

[[nodiscard]] Operation draw(const Mix& mix, Random& random);

}  // namespace bazar::load
