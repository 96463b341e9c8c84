#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/writes/records.hpp"

namespace bazar::catalog {

/// The rows that a batch looks up, as they were committed before it. An engine answers them inside the
/// batch's transaction, with the writers' lock held.
class BatchRows {
 public:
  virtual ~BatchRows() = default;

  struct Counters {
    Revision revision = 0;
    std::int64_t next_book_id = 1;
  };
  [[nodiscard]] virtual Counters counters() = 0;
  [[nodiscard]] virtual std::optional<Book> book(BookId id) = 0;
  /// The book that has this ISBN.
  [[nodiscard]] virtual std::optional<BookId> isbn_owner(const std::string& isbn) = 0;
  [[nodiscard]] virtual bool has_import_key(const std::string& key) = 0;
  [[nodiscard]] virtual std::optional<KeyRecord> key_record(stored::KeyKind kind, const std::string& key) = 0;
  [[nodiscard]] virtual std::optional<SaleRecord> sale(const std::string& key) = 0;
  [[nodiscard]] virtual bool has_order(const OrderId& order_id) = 0;
  /// Every incarnation of a name, in any order.
  [[nodiscard]] virtual std::vector<MemberRecord> incarnations(Role role, const std::string& name) = 0;

  /// Deletes at once, as part of the transaction, and says how many rows went (Store::prune).
  [[nodiscard]] virtual std::int64_t prune(WallTime older_than) = 0;
};

}  // namespace bazar::catalog
