#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "catalog/book.hpp"
#include "catalog/encoded_books.hpp"
#include "catalog/membership/member.hpp"
#include "catalog/sale.hpp"

namespace bazar::catalog {

/// The epoch of what a standby answered. No database has it, so no cache takes such an answer: a standby may
/// show what is not decided yet, or no longer.
inline constexpr std::string_view standby_epoch = "standby";

/// What was read, and when: `as_of` is the revision of the snapshot, `epoch` that of the database.
template <class T>
struct Snapshot {
  T value{};
  Revision as_of = 0;
  std::string epoch;

  /// Read on a standby: shown to a client only with its revision (docs/protocol.md, rule 10).
  [[nodiscard]] bool is_labelled() const { return epoch == standby_epoch; }
};

/// What a lookup may be answered from.
enum class Consistency : std::uint8_t {
  strict,    ///< where writes are decided; an outage where that cannot be reached
  labelled,  ///< the same, but from a standby, where there is one, while no primary answers
};

/// A page in rising order of id. `next` is what to pass as `after` for the following page; empty on the last.
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next;
};

struct SearchPage {
  std::vector<Book> books;  ///< best match first
  std::optional<std::string> next;
  std::int64_t total = 0;  ///< matches in all, counted up to 10,000
};

/// Why a write is refused; nothing was changed.
struct Refusal {
  enum class Reason : std::uint8_t {
    not_found,      ///< no such book
    id_taken,       ///< POST with an id that exists
    isbn_taken,     ///< another book has this ISBN
    version_moved,  ///< If-Match names another version
    below_zero,     ///< a stock delta would leave less than nothing
    above_maximum,  ///< … or more than max_stock
    key_reused,     ///< the idempotency key came before with another payload
    not_live,       ///< a member with this incarnation is not live
  };
  Reason reason;
  std::int64_t available = 0;  ///< stock at that moment, for below_zero and above_maximum
};

struct Written {
  Book book;              ///< as it is after the write
  bool replayed = false;  ///< answered from the idempotency key's record; `book` is as it was then
};

struct StockLevel {
  std::int64_t quantity = 0;
  Revision version = 0;
  bool replayed = false;
};

/// One row of an import.
struct ImportItem {
  std::string key;  ///< what makes it the same row when it comes again (`isbn:…`, `id:…`, `row:<sha256>`)
  BookDraft draft;
};
enum class ImportResult : std::uint8_t { created, present, id_taken };

/// The books, their stock, the sales and the members: the catalog's database. Every write is durable, and
/// approved by every live front-end, before it returns. Writes of one call are one transaction; writes of
/// many callers may share one. Outages throw (bazar::Outage). Thread-safe; calls resume on the loop they came
/// from.
class Store {
 public:
  virtual ~Store() = default;

  // Reads. Each is one snapshot.
  /// In the format of the store's currency.
  virtual Task<Snapshot<EncodedBatch>> books(std::vector<BookId> ids,
                                             Consistency consistency = Consistency::strict) = 0;
  /// All books with id > `after`.
  virtual Task<Snapshot<Page<Book>>> list(BookId after, std::size_t limit) = 0;
  /// Books of a topic by id; empty optional where no book has it.
  virtual Task<Snapshot<std::optional<Page<Book>>>> by_topic(
      std::string topic, BookId after, std::size_t limit, Consistency consistency = Consistency::strict) = 0;
  /// Full text over title, authors and topic: every word must match, the last one as a prefix. `after` is a
  /// former page's `next`; FieldError where it is none. A query without a word finds nothing.
  virtual Task<Snapshot<std::expected<SearchPage, FieldError>>> search(std::string query,
                                                                       std::optional<std::string> after,
                                                                       std::size_t limit) = 0;
  virtual Task<Snapshot<std::vector<Topic>>> topics() = 0;
  virtual Task<std::optional<Sale>> sale(OrderId order_id) = 0;
  /// Sales not yet reported as projected, oldest first.
  virtual Task<std::vector<Sale>> unprojected_sales(std::size_t limit) = 0;

  // Writes.
  /// `key` empty: not idempotent. A known key with the same fingerprint answers as the first time.
  virtual Task<std::expected<Written, Refusal>> create(BookDraft draft, std::string key,
                                                       std::string fingerprint) = 0;
  virtual Task<std::expected<Written, Refusal>> replace(BookId id, BookDraft draft,
                                                        std::optional<Revision> if_match) = 0;
  virtual Task<std::expected<Written, Refusal>> patch(BookId id, BookPatch patch,
                                                      std::optional<Revision> if_match) = 0;
  virtual Task<std::expected<void, Refusal>> remove(BookId id, std::optional<Revision> if_match) = 0;
  virtual Task<std::expected<StockLevel, Refusal>> adjust_stock(BookId id, std::int64_t delta,
                                                                std::string key, std::string fingerprint) = 0;
  /// One result for each item, in order.
  virtual Task<std::vector<ImportResult>> import(std::vector<ImportItem> items) = 0;
  /// Decides each sale on its own, in order; one outcome each. `projected` are orders now in the order
  /// service's database.
  virtual Task<std::vector<SaleOutcome>> sell(std::vector<SaleRequest> sales,
                                              std::vector<OrderId> projected) = 0;

  /// Forgets refused sales, the records of idempotency keys and members that are gone, all older than this,
  /// in steps of bounded size. Sales are never forgotten. Returns how many records went.
  virtual Task<std::int64_t> prune(WallTime older_than) = 0;

  // Members.
  /// Takes the writers' lock, replaces whatever member had that role and name. A lease of 0 ms: this
  /// incarnation was revoked before (a registration that comes late); register again under a new one.
  virtual Task<Grant> enroll(Member member) = 0;
  /// Writes nothing. Refused (`not_live`) unless a live member has this incarnation.
  virtual Task<std::expected<Grant, Refusal>> renew(Role role, std::string name, std::string incarnation) = 0;
  /// The member with this incarnation is known to be dead, or says farewell.
  virtual Task<void> retire(Role role, std::string name, std::string incarnation) = 0;
  virtual Task<std::vector<Member>> members() = 0;

  /// Throws where the database can neither be read and written, nor, while no primary answers, read on a
  /// standby.
  virtual Task<void> check() = 0;

  [[nodiscard]] virtual const Currency& currency() const = 0;
};

}  // namespace bazar::catalog
