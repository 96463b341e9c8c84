#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "catalog/store.hpp"

namespace bazar::catalog {

// Everything that changes the database, as it waits for its batch. A batch may run twice: requests are read,
// never consumed.
struct CreateBook {
  BookDraft draft;
  std::string key;
  std::string fingerprint;
};
struct ReplaceBook {
  BookId id;
  BookDraft draft;
  std::optional<Revision> if_match;
};
struct PatchBook {
  BookId id;
  BookPatch patch;
  std::optional<Revision> if_match;
};
struct RemoveBook {
  BookId id;
  std::optional<Revision> if_match;
};
struct AdjustStock {
  BookId id;
  std::int64_t delta = 0;
  std::string key;
  std::string fingerprint;
};
struct ImportBooks {
  std::vector<ImportItem> items;
};
struct SellBooks {
  std::vector<SaleRequest> sales;
  std::vector<OrderId> projected;
};
struct PruneRecords {
  WallTime older_than;
};
struct EnrollMember {
  Member member;
};
struct RetireMember {
  Role role = Role::frontend;
  std::string name;
  std::string incarnation;
};
/// Changes nothing, but writes: shows whether a batch can commit.
struct Probe {};
using WriteRequest = std::variant<Probe, CreateBook, ReplaceBook, PatchBook, RemoveBook, AdjustStock,
                                  ImportBooks, SellBooks, PruneRecords, EnrollMember, RetireMember>;

/// Whether it is about members only: then it changes no book, and owes no front-end a wait.
[[nodiscard]] inline bool is_of_members(const WriteRequest& request) {
  return std::holds_alternative<EnrollMember>(request) || std::holds_alternative<RetireMember>(request);
}

/// How many rows it may touch: what a batch, and the invalidation that asks for it, is bounded by.
[[nodiscard]] std::size_t work_items(const WriteRequest& request);

using WrittenBook = std::expected<Written, Refusal>;
using Removed = std::expected<void, Refusal>;
using AdjustedStock = std::expected<StockLevel, Refusal>;
using WriteOutcome = std::variant<std::monostate, WrittenBook, Removed, AdjustedStock,
                                  std::vector<ImportResult>, std::vector<SaleOutcome>, std::int64_t, Grant>;

}  // namespace bazar::catalog
