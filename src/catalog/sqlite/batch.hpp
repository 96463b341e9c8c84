#pragma once

#include <span>
#include <unordered_map>
#include <variant>
#include <vector>

#include "catalog/sqlite/members.hpp"
#include "catalog/sqlite/schema.hpp"
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

/// How many rows it may touch: what a batch, and the invalidation that asks for it, is bounded by.
[[nodiscard]] std::size_t work_items(const WriteRequest& request);

using WrittenBook = std::expected<Written, Refusal>;
using Removed = std::expected<void, Refusal>;
using AdjustedStock = std::expected<StockLevel, Refusal>;
using WriteOutcome = std::variant<std::monostate, WrittenBook, Removed, AdjustedStock,
                                  std::vector<ImportResult>, std::vector<SaleOutcome>, std::int64_t, Grant>;

/// Applies the requests of one batch to an open write transaction, each with an outcome of its own: it checks
/// first and writes then, so that a refused request needs no savepoint. Stock is kept in memory meanwhile and
/// written once a book, in `finish`.
class WriteBatch {
 public:
  WriteBatch(db::Database& database, const CatalogIdentity& identity, milliseconds lease, WallTime now);

  [[nodiscard]] WriteOutcome apply(const WriteRequest& request);
  /// Writes what is still in memory. Nothing is applied after it.
  void finish();

  /// The revision that this batch leaves: as before if no book changed, else the highest version that it
  /// gave.
  [[nodiscard]] Revision revision() const { return revision_; }
  struct Changes {
    std::vector<BookId> books;  ///< each once, in rising order after `finish`
    bool listing = false;
  };
  [[nodiscard]] const Changes& changes() const { return changes_; }
  /// The books that changed and are still there, as this batch leaves them. Once, after `finish`.
  [[nodiscard]] std::vector<Book> take_changed_books();
  /// Front-ends that were live and are revoked by a registration of this batch.
  [[nodiscard]] const std::vector<LeaseHolder>& replaced() const { return replaced_; }

 private:
  enum class Change : std::uint8_t { none, sale, edit };
  /// A book as this batch sees it. Its row in `books` is up to date; its stock is not, once it has changed.
  struct Working {
    Book book;
    bool exists = false;
    Change last_change = Change::none;
  };

  [[nodiscard]] Working& working(BookId id);
  void mark_changed(Working& working, Change change);
  [[nodiscard]] bool isbn_taken(const std::optional<std::string>& isbn, BookId except);
  [[nodiscard]] BookId next_book_id(std::optional<BookId> wanted);
  void record_ledger(BookId id, std::int64_t delta, stored::LedgerReason reason);

  [[nodiscard]] WriteOutcome decide(const Probe& request);
  [[nodiscard]] WriteOutcome decide(const CreateBook& request);
  [[nodiscard]] WriteOutcome decide(const ReplaceBook& request);
  [[nodiscard]] WriteOutcome decide(const PatchBook& request);
  [[nodiscard]] WriteOutcome decide(const RemoveBook& request);
  [[nodiscard]] WriteOutcome decide(const AdjustStock& request);
  [[nodiscard]] WriteOutcome decide(const ImportBooks& request);
  [[nodiscard]] WriteOutcome decide(const SellBooks& request);
  [[nodiscard]] WriteOutcome decide(const PruneRecords& request);
  [[nodiscard]] WriteOutcome decide(const EnrollMember& request);
  [[nodiscard]] WriteOutcome decide(const RetireMember& request);

  [[nodiscard]] WrittenBook insert_book(const BookDraft& draft);
  [[nodiscard]] WrittenBook update_book(Working& working, Book updated, std::optional<Revision> if_match);
  [[nodiscard]] ImportResult import_book(const ImportItem& item);
  [[nodiscard]] AdjustedStock change_stock(BookId id, std::int64_t delta);
  [[nodiscard]] SaleOutcome sell(const SaleRequest& sale);
  [[nodiscard]] SaleOutcome take_stock(const SaleRequest& sale);
  void put_back(const Sale& sale);
  void mark_projected(const OrderId& order_id);

  db::Database& database_;
  const CatalogIdentity& identity_;
  milliseconds lease_;
  WallTime now_;
  Revision before_ = 0;
  Revision revision_ = 0;
  std::unordered_map<BookId, Working> working_;
  Changes changes_;
  std::vector<LeaseHolder> replaced_;
};

}  // namespace bazar::catalog
