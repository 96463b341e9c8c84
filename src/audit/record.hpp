#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/history.hpp"
#include "orders/order.hpp"

namespace bazar::audit {

inline constexpr std::array operation_kinds{OperationKind::read, OperationKind::set_price,
                                            OperationKind::add_stock, OperationKind::buy};

/// What happened to one book.
struct BookRecord {
  BookId id;
  BookState initial;
  std::vector<Operation> history = {};
};

/// One wish to buy, under one key.
struct PurchaseRecord {
  std::string key = {};
  std::string name = {};  ///< the customer's
  BookId book;
  std::int64_t copies = 1;
  Outcome outcome = Outcome::unknown;
  orders::Receipt receipt = {};  ///< where done
  std::string answer = {};       ///< the first definite one: status and body
  std::size_t book_index = 0;    ///< in Record::books
  std::size_t operation = 0;     ///< in that book's history
};

/// An answer that contradicts an earlier one to the same key.
struct ChangedAnswer {
  std::string key;
  std::string first;
  std::string later;
};

/// How the store answered, try by try: a request that is sent again counts again.
class Availability {
 public:
  void tried(OperationKind kind, SteadyTime now);
  void answered(OperationKind kind, SteadyTime now);
  void failed(OperationKind kind, const std::string& how);

  [[nodiscard]] std::uint64_t answers(OperationKind kind) const { return of(kind).answers; }
  /// The longest time for which requests of that kind waited and none was answered.
  [[nodiscard]] milliseconds longest_gap(OperationKind kind) const;
  /// Tries without a usable answer, by how they ended: `status 503`, `no answer in time`, …
  [[nodiscard]] const std::map<std::string, std::uint64_t>& failures() const { return failures_; }

 private:
  struct OfKind {
    std::uint64_t answers = 0;
    std::uint64_t waiting = 0;
    std::optional<SteadyTime> without_answer_since;
    SteadyTime::duration longest{};
  };
  [[nodiscard]] const OfKind& of(OperationKind kind) const {
    return kinds_.at(static_cast<std::size_t>(kind));
  }
  [[nodiscard]] OfKind& of(OperationKind kind) { return kinds_.at(static_cast<std::size_t>(kind)); }

  std::array<OfKind, operation_kinds.size()> kinds_{};
  std::map<std::string, std::uint64_t> failures_;
};

/// Everything that the clients of a workload saw. Filled on one loop.
struct Record {
  std::vector<BookRecord> books;
  std::vector<PurchaseRecord> purchases;
  std::vector<ChangedAnswer> changed;
  /// Answers that no request may get, such as 404 for a book that is there.
  std::vector<std::string> strange;
  std::uint64_t replays = 0;
  Availability availability;

  [[nodiscard]] std::uint64_t operations() const;
};

}  // namespace bazar::audit
