#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "catalog/client.hpp"
#include "observe/metrics.hpp"
#include "orders/order.hpp"
#include "orders/purchase_queue.hpp"
#include "orders/store.hpp"

namespace bazar::orders {

struct PurchaserOptions {
  std::size_t max_batch = 1'000;         ///< sales in one call; also ids of projected orders
  std::size_t max_batch_lines = 10'000;  ///< past it no further sale: an answer says up to 1 KiB of each
  std::size_t max_outstanding = 10'000;  ///< purchases queued or under way; past it Overloaded
  milliseconds batch_deadline{10'000};   ///< how long one call goes on, also when its callers have left
  milliseconds report_after{1'000};  ///< quiet time after which projected orders are reported on their own
};

/// Buys. The catalog decides each purchase, under its key; the order is then in this service's own database
/// before the caller hears of it. Nothing is ever decided from memory, so that any replica may be asked
/// again.
///
/// Purchases share calls: while as many `POST /sales` are in flight as there are catalogs, the next gathers.
/// No timer holds a lone purchase back. A call that a frozen catalog holds up so holds up no other; which of
/// two calls is decided first does not matter, since keys, not calls, are decided once. Orders of one call
/// are inserted while the next call is already under way. One a loop; used on that loop only.
class Purchaser {
 public:
  using Result = PurchaseResult;

  Purchaser(Loop& loop, catalog::Client catalog, Store& store, const Clock& clock, observe::Metrics& metrics,
            PurchaserOptions options = {});
  /// Who still waits gets Unavailable. Calls under way are left to the loop's end; the reconciler finishes
  /// what they sold.
  ~Purchaser();
  Purchaser(const Purchaser&) = delete;
  Purchaser& operator=(const Purchaser&) = delete;

  /// `requests` must be valid. One result for each, in order; one that fails spoils no other. Waits until all
  /// are known, at most until `deadline`: what is unknown then is DeadlineExceeded, or `in_flight` where
  /// another caller waits for a purchase with that key in this process. A call once sent goes on without its
  /// callers. Throws Overloaded where there is no room for all (nothing was done).
  Task<std::vector<Result>> purchase_each(std::vector<PurchaseRequest> requests, SteadyTime deadline);

  /// As purchase_each for one; throws what its result holds.
  Task<PurchaseOutcome> purchase(PurchaseRequest request, SteadyTime deadline);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::orders
