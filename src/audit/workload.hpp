#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "audit/record.hpp"
#include "base/task.hpp"
#include "http/client.hpp"

namespace bazar::audit {

/// How often the clients do what, relative to each other.
struct Mix {
  unsigned read = 70;
  unsigned buy = 20;
  unsigned buy_twice_at_once = 2;  ///< one key through two front-ends at the same time
  unsigned replay = 3;             ///< a key that had its answer, once more
  unsigned set_price = 3;
  unsigned add_stock = 2;
};

struct WorkloadOptions {
  std::vector<http::Endpoint> frontends = {};  ///< at least one; every try goes to one at random
  std::string shopkeeper_token = {};           ///< needed for edits and stock changes
  std::string name = "audit";  ///< what customers' names and keys begin with; own to this workload
  unsigned clients = 16;
  std::uint64_t seed = 1;
  Mix mix = {};
  std::int64_t most_copies = 3;     ///< a purchase is of 1 … so many
  milliseconds pause{8};            ///< a client waits up to so long between two operations
  milliseconds try_timeout{3'000};  ///< for one answer
  /// So long a request with a key is sent again, after which its outcome is unknown. So long also `run` may
  /// take to end after `stop`.
  milliseconds patience{20'000};
};

/// Clients that look up, buy, and edit books through all front-ends at random, and what they saw. Purchases
/// and changes of stock carry a key and are sent again, through any front-end, until there is a definite
/// answer: one operation each. An edit of the price has no key: sent once, of unknown outcome where there is
/// no answer.
///
/// Used on one loop only. Nobody else may change the books meanwhile.
class Workload {
 public:
  /// `record` outlives this; its books have id and initial state.
  Workload(Loop& loop, WorkloadOptions options, Record& record);
  ~Workload();
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  /// Until `stop`, and what is under way then has ended. Throws what is a bug, not what is an outage.
  Task<> run();
  /// No new operations. Before, during or after `run`.
  void stop();

  /// After `run`: asks again, for up to `patience`, with every key that still has no definite answer. Then
  /// reads every book through every front-end.
  Task<> settle();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// Reads the book as it is now, through one front-end, with retries up to `patience`; for Record::books
/// before a workload. Throws Unavailable.
Task<BookRecord> read_initial(Loop& loop, http::Endpoint frontend, BookId id, milliseconds patience);

}  // namespace bazar::audit
