#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/store.hpp"

namespace bazar::catalog {

/// How verdicts and states stand in every engine's database. Never renumber.
namespace stored {
enum class LedgerReason : std::uint8_t { initial = 0, arrival = 1, correction = 2, deletion = 3 };
enum class KeyKind : std::uint8_t { create = 0, adjust_stock = 1 };
}  // namespace stored

/// What was answered to an idempotency key of a create or a stock adjustment.
struct KeyRecord {
  std::string fingerprint;
  std::optional<Refusal> refusal;
  StockLevel level;                 ///< of an adjustment that was made
  std::optional<std::string> book;  ///< of a create: the book as it was then, as `book_text` writes it
};

/// A decision on record under its key.
struct SaleRecord {
  std::string fingerprint;
  SaleOutcome outcome;  ///< marked as a replay
};

/// A member's row. Only front-ends pass through `revoked`: the others hold no lease, and a registration
/// replaces whatever had their name.
struct MemberRecord {
  Member member;
  milliseconds lease{0};
  WallTime changed_at;
};

// Texts in the database: JSON, amounts in the store's currency. What does not parse is damage: Unavailable.
[[nodiscard]] std::optional<std::string> authors_text(const std::optional<std::vector<std::string>>& authors);
[[nodiscard]] std::vector<std::string> authors_from_text(std::string_view text);
[[nodiscard]] std::string lines_text(const std::vector<SoldLine>& lines, const Currency& currency);
[[nodiscard]] std::string lines_text(const std::vector<RefusedLine>& lines);
[[nodiscard]] std::vector<SoldLine> sold_lines_from_text(std::string_view text, const Currency& currency);
[[nodiscard]] std::vector<RefusedLine> refused_lines_from_text(std::string_view text);
[[nodiscard]] std::string book_text(const Book& book, const Currency& currency);
[[nodiscard]] Book book_from_text(std::string_view text, const Currency& currency);

[[nodiscard]] inline std::int64_t to_stored(WallTime time) { return time.time_since_epoch().count(); }
[[nodiscard]] inline WallTime wall_from(std::int64_t stored) { return WallTime{milliseconds{stored}}; }

}  // namespace bazar::catalog
