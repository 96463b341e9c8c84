#pragma once

#include "catalog/writes/batch_changes.hpp"
#include "catalog/writes/batch_rows.hpp"
#include "catalog/writes/book_cache.hpp"
#include "catalog/writes/write_batch.hpp"
#include "db/sqlite/database.hpp"

namespace bazar::catalog {

/// Looks rows up one by one, inside an open write transaction, and serves that one only.
class SqliteBatchRows final : public BatchRows {
 public:
  SqliteBatchRows(db::Database& database, const CatalogIdentity& identity, BookCache& books)
      : database_(database), identity_(identity), books_(books) {}

  [[nodiscard]] Counters counters() override;
  [[nodiscard]] std::optional<Book> book(BookId id) override;
  [[nodiscard]] std::optional<BookId> isbn_owner(const std::string& isbn) override;
  [[nodiscard]] bool has_import_key(const std::string& key) override;
  [[nodiscard]] std::optional<KeyRecord> key_record(stored::KeyKind kind, const std::string& key) override;
  [[nodiscard]] std::optional<SaleRecord> sale(const std::string& key) override;
  [[nodiscard]] bool has_order(const OrderId& order_id) override;
  [[nodiscard]] std::vector<MemberRecord> incarnations(Role role, const std::string& name) override;
  [[nodiscard]] std::int64_t prune(WallTime older_than) override;

 private:
  /// Values of which none is taken; nothing where `from` is missing.
  template <class Value>
  struct Gap {
    std::optional<Value> from;
    std::optional<Value> until;  ///< the next that is taken
    [[nodiscard]] bool contains(const Value& value) const {
      return from && *from <= value && (!until || value < *until);
    }
  };

  db::Database& database_;
  const CatalogIdentity& identity_;
  BookCache& books_;
  Gap<std::string> free_keys_;
  Gap<OrderId> free_order_ids_;
};

/// Stores what a batch has decided, in its transaction. `revision` is the one that it leaves.
void store_changes(db::Database& database, const BatchChanges& changes, Revision revision);

}  // namespace bazar::catalog
