#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "audit/history.hpp"
#include "catalog/membership/member.hpp"
#include "time.hpp"

namespace bazar::simulation {

/// Books are numbered from 0.
using Book = int;
/// Of a client's operation: also its idempotency key, unless a run's rule says otherwise.
using OperationId = std::int64_t;
using Key = std::int64_t;
/// A client that keeps to the rules uses only the first.
inline constexpr Key keys_per_operation = 64;

struct BookValue {
  std::int64_t price = 0;
  std::int64_t quantity = 0;
  Revision version = 0;
  friend bool operator==(const BookValue&, const BookValue&) = default;
};

/// One book as it was read in some snapshot: what travels and what is cached.
struct Entry {
  BookValue value;
  Revision as_of = 0;
  std::string epoch;
};

struct Snapshot {
  std::vector<BookValue> values;  ///< in the order asked for
  Revision as_of = 0;
  std::string epoch;
};

// Writes, as they wait for their batch.
struct SetPrice {
  OperationId operation = 0;
  Book book = 0;
  std::int64_t price = 0;
  std::optional<Revision> if_match;
};
struct AddStock {
  OperationId operation = 0;
  Key key = 0;
  Book book = 0;
  std::int64_t delta = 0;
  std::optional<std::int64_t> absolute;  ///< only with a rule off: decided from a cache
};
struct Line {
  Book book = 0;
  std::int64_t count = 1;
};
struct Buy {
  OperationId operation = 0;
  Key key = 0;
  std::vector<Line> lines;
  bool unconditional = false;  ///< only with a rule off: decided from a cache
};
struct Enroll {
  std::string name;
  std::string incarnation;
  int process = 0;  ///< stands for its URLs
};
struct Retire {
  std::string name;
  std::string incarnation;
};
using WriteRequest = std::variant<SetPrice, AddStock, Buy, Enroll, Retire>;

struct WriteAnswer {
  audit::Outcome outcome = audit::Outcome::unknown;
  std::string epoch = {};
  std::optional<Revision> version = {};
  std::vector<std::int64_t> prices = {};  ///< of a purchase, line by line
  std::optional<catalog::Grant> grant = {};
  Instant granted_at = {};  ///< not sent in truth: for the checker
};

/// Answer to a renewal.
struct Renewal {
  std::optional<catalog::Grant> grant;
  Instant read_at;  ///< not sent in truth: for the checker
};

struct ReadAnswer {
  BookValue value;
  std::string epoch;
};

template <class Reply>
using Respond = std::function<void(Reply)>;

}  // namespace bazar::simulation
