#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/sqlite_store.hpp"

namespace bazar::catalog {

/// The reading connections of a store, opened when first needed and then kept: as many as threads read at the
/// same moment. Thread-safe.
class ReadConnections {
 public:
  explicit ReadConnections(db::DatabaseOptions options) : options_(std::move(options)) {}

  /// A connection for one read, with a snapshot open on it.
  class Lease {
   public:
    Lease(ReadConnections& pool, std::unique_ptr<db::Database> database);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    [[nodiscard]] db::Database& database() { return *database_; }

   private:
    ReadConnections& pool_;
    std::unique_ptr<db::Database> database_;
    std::optional<db::Transaction> snapshot_;
  };
  [[nodiscard]] Lease acquire();

 private:
  db::DatabaseOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<db::Database>> idle_;
};

/// The store's queries. Each runs in the snapshot that is open on its connection.
class CatalogReader {
 public:
  CatalogReader(db::Database& database, const CatalogIdentity& identity)
      : database_(database), identity_(identity) {}

  [[nodiscard]] Revision revision();
  [[nodiscard]] std::optional<Book> book(BookId id);
  [[nodiscard]] EncodedBatch books(const std::vector<BookId>& ids);
  [[nodiscard]] Page<Book> list(BookId after, std::size_t limit);
  [[nodiscard]] std::optional<Page<Book>> by_topic(const std::string& topic, BookId after, std::size_t limit);
  [[nodiscard]] std::expected<SearchPage, FieldError> search(const std::string& query,
                                                             const std::optional<std::string>& after,
                                                             std::size_t limit);
  [[nodiscard]] std::vector<Topic> topics();
  [[nodiscard]] std::optional<Sale> sale(const OrderId& order_id);
  [[nodiscard]] std::vector<Sale> unprojected_sales(std::size_t limit);
  [[nodiscard]] std::optional<Grant> renewal(Role role, const std::string& name,
                                             const std::string& incarnation);
  [[nodiscard]] std::vector<Member> members();
  [[nodiscard]] std::vector<StockMismatch> audit_stock();

 private:
  [[nodiscard]] Page<Book> page_of(db::Query& rows, std::size_t limit) const;

  db::Database& database_;
  const CatalogIdentity& identity_;
};

}  // namespace bazar::catalog
