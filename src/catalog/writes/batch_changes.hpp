#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/coherence/write_round.hpp"
#include "catalog/writes/records.hpp"

namespace bazar::catalog {

/// What a batch leaves behind: all that an engine must store before it commits. Pointers are into the batch's
/// requests.
struct BatchChanges {
  /// A book that changed.
  struct ChangedBook {
    Book book;
    bool existed = false;        ///< before the batch
    bool exists = false;         ///< after it
    bool edited = false;         ///< more than its stock and version
    bool isbn_released = false;  ///< the row's former ISBN is no longer its own: another book may have it now
  };
  struct LedgerEntry {
    BookId book_id;
    std::int64_t delta = 0;
    stored::LedgerReason reason = stored::LedgerReason::initial;
  };
  struct ImportKey {
    const std::string* key = nullptr;
    BookId book_id;
  };
  struct KeyEntry {
    stored::KeyKind kind = stored::KeyKind::create;
    const std::string* key = nullptr;
    KeyRecord record;
  };
  struct NewSale {
    const SaleRequest* request = nullptr;
    Verdict verdict = Verdict::sold;
    Revision version = 0;
    std::string lines;  ///< as `lines_text` writes them
  };

  std::vector<ChangedBook> books;  ///< by id
  bool listing = false;            ///< a title, a topic or the set of books changes
  std::optional<std::int64_t> next_book_id;
  std::vector<LedgerEntry> ledger;
  std::vector<ImportKey> import_keys;
  std::vector<KeyEntry> keys;
  std::vector<NewSale> sales;             ///< in the order of their decisions
  std::vector<const OrderId*> projected;  ///< after the sales: one of them may be among these
  std::vector<MemberRecord> members;      ///< to insert or replace, by role, name and incarnation
  std::vector<Member> removed_members;
  bool probe = false;  ///< something must be written even if nothing else is

  Revision ledger_revision = 0;  ///< of the ledger's rows
  WallTime now;                  ///< of everything here
};

}  // namespace bazar::catalog
