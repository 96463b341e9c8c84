#pragma once

#include <functional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "catalog/coherence/write_round.hpp"
#include "catalog/writes/batch_rows.hpp"
#include "catalog/writes/book_cache.hpp"
#include "catalog/writes/requests.hpp"
#include "db/postgres/connection.hpp"

namespace bazar::catalog {

/// Which rows the requests of a batch may ask for. Books that the cache knows are taken from it: if it turns
/// out to be void, they are asked for then.
class BatchNeeds {
 public:
  BatchNeeds(std::span<const WriteRequest* const> requests, const BookCache& cache);

  /// Statements whose answers `PostgresBatchRows` takes, to be sent behind the writers' lock.
  void add_to(db::postgres::Pipeline& pipeline) const;

 private:
  friend class PostgresBatchRows;
  void note(const Probe&) {}
  void note(const CreateBook& request);
  void note(const ReplaceBook& request);
  void note(const PatchBook& request);
  void note(const RemoveBook& request);
  void note(const AdjustStock& request);
  void note(const ImportBooks& request);
  void note(const SellBooks& request);
  void note(const PruneRecords&) {}
  void note(const EnrollMember& request);
  void note(const RetireMember& request);
  void note_draft(const BookDraft& draft);
  void note_book(BookId id);

  const BookCache& cache_;
  std::set<std::int64_t> books_;
  std::set<std::int64_t> cached_books_;
  std::vector<std::string> isbns_;
  std::vector<std::string> import_keys_;
  std::vector<std::string> keys_[2];  ///< by kind
  std::vector<std::string> sale_keys_;
  std::vector<db::postgres::Uuid> order_ids_;
  std::set<std::pair<Role, std::string>> names_;
  bool new_ids_ = false;
};

/// A batch's rows, read in one go. What was not foreseen is asked for one by one. Serves one transaction.
class PostgresBatchRows final : public BatchRows {
 public:
  /// Runs a statement inside the batch's transaction and waits for its answer.
  using Ask = std::function<db::postgres::Results(db::postgres::Pipeline)>;

  /// `answers` are those of `server` to `needs`, which were made over the cache as it is.
  PostgresBatchRows(const BatchNeeds& needs, std::span<const db::postgres::Result> answers,
                    const db::postgres::ServerIdentity& server, const Currency& currency, BookCache& cache,
                    Ask ask);

  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  /// Every front-end that is not gone.
  [[nodiscard]] const std::vector<LeaseHolder>& holders() const { return holders_; }

  [[nodiscard]] Counters counters() override { return counters_; }
  [[nodiscard]] std::optional<Book> book(BookId id) override;
  [[nodiscard]] std::optional<BookId> isbn_owner(const std::string& isbn) override;
  [[nodiscard]] bool has_import_key(const std::string& key) override;
  [[nodiscard]] std::optional<KeyRecord> key_record(stored::KeyKind kind, const std::string& key) override;
  [[nodiscard]] std::optional<SaleRecord> sale(const std::string& key) override;
  [[nodiscard]] bool has_order(const OrderId& order_id) override;
  [[nodiscard]] std::vector<MemberRecord> incarnations(Role role, const std::string& name) override;
  [[nodiscard]] std::int64_t prune(WallTime older_than) override;

 private:
  struct KeyHash {
    std::size_t operator()(const OrderId& id) const noexcept;
  };
  void ask_for_books(const std::vector<std::int64_t>& ids);
  void take_books(const std::vector<std::int64_t>& asked, const db::postgres::Result& found);

  Currency currency_;
  BookCache& cache_;
  Ask ask_;
  Counters counters_;
  std::string epoch_;
  std::int64_t first_id_after_ = 0;  ///< the first book's id from the counter on; ids before it are free
  std::vector<LeaseHolder> holders_;
  std::unordered_set<BookId> absent_books_;
  std::unordered_map<std::string, std::optional<BookId>> isbns_;
  std::unordered_set<std::string> import_keys_;
  std::unordered_map<std::string, KeyRecord> keys_[2];
  std::unordered_map<std::string, SaleRecord> sales_;
  std::unordered_set<OrderId, KeyHash> orders_;
  std::map<std::pair<Role, std::string>, std::vector<MemberRecord>> members_;
};

}  // namespace bazar::catalog
