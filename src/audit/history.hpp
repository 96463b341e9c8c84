#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"

namespace bazar::audit {

/// What a client can see of one book.
struct BookState {
  Money price = {};
  std::int64_t quantity = 0;
  friend bool operator==(const BookState&, const BookState&) = default;
};

enum class OperationKind : std::uint8_t {
  read,       ///< `GET /info/{id}`
  set_price,  ///< a shopkeeper's edit that leaves the stock as it is
  add_stock,  ///< a relative change of the stock, also downward; refused where less than nothing would be
              ///< left
  buy,        ///< a purchase
};

enum class Outcome : std::uint8_t {
  done,     ///< what is asked for has been seen or has happened
  refused,  ///< it was decided that it does not happen: too little stock
  unknown,  ///< no answer: it may happen at any time after `invoked`, or never. A read of unknown outcome
            ///< says nothing
};

/// One request about one book, as its client knows it. Times are of one clock that never goes back, common to
/// all clients of the history; `invoked` is from before the request was sent, `answered` from after the
/// answer came. A request that is repeated under one idempotency key is one operation, from the first sending
/// to the first definite answer.
struct Operation {
  OperationKind kind = OperationKind::read;
  Outcome outcome = Outcome::unknown;
  std::uint32_t client = 0;  ///< who asked: for the report only
  SteadyTime invoked = {};
  SteadyTime answered = SteadyTime::max();  ///< max() where unknown

  // Asked for.
  std::int64_t count = 0;  ///< add_stock: the change; buy: how many copies
  // Seen. Of a read: both; of set_price: the price that was set; of buy, done: the unit price that was
  // charged.
  BookState seen = {};
  /// The book's version as answered (of a read, its ETag; of a write, the version that it gave). Not known of
  /// a purchase through a front-end. A batch of sales shares one version, so equal versions mean equal
  /// states, and a later version a later state.
  std::optional<Revision> version = {};
};

}  // namespace bazar::audit
