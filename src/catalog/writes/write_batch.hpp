#pragma once

#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "catalog/coherence/write_round.hpp"
#include "catalog/writes/batch_changes.hpp"
#include "catalog/writes/batch_rows.hpp"
#include "catalog/writes/requests.hpp"

namespace bazar::catalog {

/// What an opened catalog database says of itself.
struct CatalogIdentity {
  std::string epoch;
  Currency currency;
};

/// Decides the requests of one batch, each with an outcome of its own, in memory: what it needs to know it
/// asks of the rows and of what it has decided before; what is to be stored it collects. So each engine is
/// decided by the same rules. Requests must outlive it, and the changes that it hands out.
class WriteBatch {
 public:
  WriteBatch(BatchRows& rows, const CatalogIdentity& identity, milliseconds lease, WallTime now);

  [[nodiscard]] WriteOutcome apply(const WriteRequest& request);
  /// Nothing is applied after it.
  [[nodiscard]] const BatchChanges& finish();

  /// The revision that this batch leaves: as before if no book changed, else the highest version that it
  /// gave.
  [[nodiscard]] Revision revision() const { return revision_; }
  [[nodiscard]] const BatchChanges& changes() const { return changes_; }
  /// After `finish`: which books changed, by id.
  [[nodiscard]] std::vector<BookId> changed_ids() const;
  /// The books that changed and are still there, as this batch leaves them. Once, after all is stored.
  [[nodiscard]] std::vector<Book> take_changed_books();
  /// Front-ends that were live and are revoked by a registration of this batch.
  [[nodiscard]] const std::vector<LeaseHolder>& replaced() const { return replaced_; }

 private:
  enum class Change : std::uint8_t { none, sale, edit };
  /// A book as this batch sees it.
  struct Working {
    Book book;
    bool existed = false;
    bool exists = false;
    bool edited = false;
    std::optional<std::string> former_isbn;
    Change last_change = Change::none;
  };
  /// The incarnations of one name, as this batch sees them.
  struct Incarnations {
    std::vector<MemberRecord> records;
    std::vector<bool> dirty;
  };

  [[nodiscard]] Working& working(BookId id);
  void mark_changed(Working& working, Change change);
  [[nodiscard]] bool isbn_taken(const std::optional<std::string>& isbn, BookId except);
  void move_isbn(const std::optional<std::string>& from, const std::optional<std::string>& to, BookId book);
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

  [[nodiscard]] std::optional<KeyRecord> find_key(stored::KeyKind kind, const std::string& key);
  void remember_key(stored::KeyKind kind, const std::string& key, KeyRecord record);
  [[nodiscard]] WrittenBook insert_book(const BookDraft& draft);
  [[nodiscard]] WrittenBook update_book(Working& working, Book updated, std::optional<Revision> if_match);
  [[nodiscard]] ImportResult import_book(const ImportItem& item);
  [[nodiscard]] AdjustedStock change_stock(BookId id, std::int64_t delta);
  [[nodiscard]] SaleOutcome sell(const SaleRequest& sale);
  [[nodiscard]] SaleOutcome replay(const BatchChanges::NewSale& sale) const;
  [[nodiscard]] Sale sale_of(const SaleRequest& request) const;
  [[nodiscard]] SaleOutcome take_stock(const SaleRequest& sale);
  void put_back(const Sale& sale);
  [[nodiscard]] Incarnations& incarnations(Role role, const std::string& name);
  void set_state(Incarnations& name, std::size_t index, MemberState state);
  void forget_old_incarnations(Incarnations& name);
  [[nodiscard]] milliseconds enroll(const Member& member);

  BatchRows& rows_;
  const CatalogIdentity& identity_;
  milliseconds lease_;
  WallTime now_;
  BatchRows::Counters before_;
  Revision revision_ = 0;
  std::unordered_map<BookId, Working> working_;
  std::vector<BookId> changed_;
  std::unordered_map<std::string, std::optional<BookId>> isbns_;  ///< that changed hands in this batch
  std::unordered_map<std::string, std::size_t> keys_[2];          ///< by kind: places in changes_.keys
  std::unordered_set<std::string_view> import_keys_;
  std::unordered_map<std::string_view, std::size_t> sales_;  ///< by key: places in changes_.sales
  std::unordered_set<std::string_view> order_ids_;           ///< of this batch's sales
  std::map<std::pair<Role, std::string>, Incarnations> members_;
  std::vector<LeaseHolder> replaced_;
  BatchChanges changes_;
};

}  // namespace bazar::catalog
